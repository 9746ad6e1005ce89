"""Which call goes where, and who may make it."""

from typing import Literal
from urllib.parse import unquote

from tests.simulators.ecs import (
    billing,
    bucket_settings,
    buckets,
    infrastructure,
    keys,
    namespaces,
    session,
    users,
)
from tests.simulators.ecs.accounts import NAMESPACE_ADMIN, SYSTEM_ADMIN, Account
from tests.simulators.ecs.call import Handler
from tests.simulators.ecs.errors import EcsError, forbidden

Right = Literal["anyone", "namespace", "system"]

_NAMESPACE = "/object/namespaces/namespace/{namespace}"
_BUCKET = "/object/bucket/{bucket}"
_KEYS = "/object/user-secret-keys"
_BILLED = "/object/billing/buckets/{namespace}"
_ROUTES: tuple[tuple[str, str, Handler, Right], ...] = (
    ("GET", "/user/whoami", session.whoami, "anyone"),
    ("GET", "/logout", session.logout, "anyone"),
    ("GET", "/vdc/users/{user}/tokenCount", session.token_count, "anyone"),
    ("GET", "/vdc/data-service/vpools", infrastructure.list_groups, "anyone"),
    ("GET", "/vdc/data-service/vpools/{id}", infrastructure.show_group, "anyone"),
    ("GET", "/vdc/data-services/varrays", infrastructure.list_pools, "anyone"),
    ("GET", "/vdc/data-services/varrays/{id}", infrastructure.show_pool, "anyone"),
    ("GET", "/object/capacity", infrastructure.capacity, "anyone"),
    ("GET", "/object/capacity/{id}", infrastructure.pool_capacity, "anyone"),
    ("GET", "/object/namespaces", namespaces.listed, "anyone"),
    ("POST", "/object/namespaces/namespace", namespaces.create, "system"),
    ("GET", _NAMESPACE, namespaces.shown, "anyone"),
    ("PUT", _NAMESPACE, namespaces.update, "system"),
    ("POST", f"{_NAMESPACE}/deactivate", namespaces.deactivate, "system"),
    ("GET", f"{_NAMESPACE}/quota", namespaces.show_quota, "anyone"),
    ("PUT", f"{_NAMESPACE}/quota", namespaces.set_quota, "system"),
    ("DELETE", f"{_NAMESPACE}/quota", namespaces.remove_quota, "system"),
    ("GET", f"{_NAMESPACE}/retention", namespaces.list_retention_classes, "anyone"),
    ("POST", f"{_NAMESPACE}/retention", namespaces.create_retention_class, "system"),
    ("GET", f"{_NAMESPACE}/retention/{{class}}", namespaces.show_retention_class, "anyone"),
    ("PUT", f"{_NAMESPACE}/retention/{{class}}", namespaces.update_retention_class, "system"),
    ("GET", "/object/bucket", buckets.listed, "anyone"),
    ("POST", "/object/bucket", buckets.create, "namespace"),
    ("GET", f"{_BUCKET}/info", buckets.info, "anyone"),
    ("POST", f"{_BUCKET}/deactivate", buckets.deactivate, "namespace"),
    ("GET", f"{_BUCKET}/empty-bucket-status", buckets.empty_bucket_status, "anyone"),
    ("GET", f"{_BUCKET}/quota", bucket_settings.show_quota, "anyone"),
    ("PUT", f"{_BUCKET}/quota", bucket_settings.set_quota, "namespace"),
    ("DELETE", f"{_BUCKET}/quota", bucket_settings.remove_quota, "namespace"),
    ("POST", f"{_BUCKET}/owner", bucket_settings.set_owner, "namespace"),
    ("GET", f"{_BUCKET}/lock", bucket_settings.show_lock, "anyone"),
    ("PUT", f"{_BUCKET}/lock/{{state}}", bucket_settings.set_lock, "namespace"),
    ("GET", f"{_BUCKET}/acl", bucket_settings.show_acl, "anyone"),
    ("PUT", f"{_BUCKET}/acl", bucket_settings.set_acl, "namespace"),
    ("POST", f"{_BUCKET}/tags", bucket_settings.add_more_tags, "namespace"),
    ("PUT", f"{_BUCKET}/tags", bucket_settings.rewrite_tags, "namespace"),
    ("DELETE", f"{_BUCKET}/tags", bucket_settings.remove_tags, "namespace"),
    ("GET", f"{_BUCKET}/retention", bucket_settings.show_retention, "anyone"),
    ("PUT", f"{_BUCKET}/retention", bucket_settings.set_retention, "namespace"),
    (
        "PUT",
        f"{_BUCKET}/auditDeleteExpiration",
        bucket_settings.set_audit_delete_expiration,
        "namespace",
    ),
    ("GET", f"{_BUCKET}/versioning", bucket_settings.show_versioning, "anyone"),
    ("PUT", f"{_BUCKET}/versioning", bucket_settings.set_versioning, "namespace"),
    ("POST", f"{_BUCKET}/isstaleallowed", bucket_settings.set_stale_allowed, "namespace"),
    ("GET", f"{_BUCKET}/policy", bucket_settings.show_policy, "anyone"),
    ("PUT", f"{_BUCKET}/policy", bucket_settings.set_policy, "namespace"),
    ("DELETE", f"{_BUCKET}/policy", bucket_settings.remove_policy, "namespace"),
    ("DELETE", f"{_BUCKET}/searchmetadata", bucket_settings.remove_search_metadata, "namespace"),
    ("GET", f"{_BILLED}/{{bucket}}/info", billing.bucket_info, "anyone"),
    ("GET", f"{_BILLED}/{{bucket}}/sample", billing.bucket_sample, "anyone"),
    ("POST", f"{_BILLED}/info", billing.bucket_infos, "anyone"),
    ("POST", f"{_BILLED}/sample", billing.bucket_samples, "anyone"),
    ("GET", "/object/billing/namespace/{namespace}/info", billing.namespace_info, "anyone"),
    ("GET", "/object/billing/namespace/{namespace}/sample", billing.namespace_sample, "anyone"),
    ("POST", "/object/billing/namespace/info", billing.namespace_infos, "anyone"),
    ("POST", "/object/billing/namespace/sample", billing.namespace_samples, "anyone"),
    ("GET", "/object/users", users.listed, "anyone"),
    ("POST", "/object/users", users.create, "namespace"),
    ("POST", "/object/users/deactivate", users.deactivate, "namespace"),
    ("PUT", "/object/users/lock", users.set_lock, "namespace"),
    ("GET", "/object/users/lock/{user}/{namespace}", users.show_lock, "anyone"),
    ("GET", "/object/users/{user}/info", users.info, "anyone"),
    ("GET", "/object/users/{user}/tags", users.show_tags, "anyone"),
    ("POST", "/object/users/{user}/tags", users.add_tags, "namespace"),
    ("PUT", "/object/users/{user}/tags", users.add_tags, "namespace"),
    ("DELETE", "/object/users/{user}/tags", users.remove_tags, "namespace"),
    ("GET", "/object/users/{namespace}", users.listed, "anyone"),
    ("GET", "/object/user-password/{user}/{namespace}", session.no_password, "anyone"),
    ("GET", f"{_KEYS}/exist/{{user}}/{{namespace}}", keys.existing, "anyone"),
    ("GET", f"{_KEYS}/{{user}}/{{namespace}}", keys.listed, "anyone"),
    ("GET", f"{_KEYS}/{{user}}", keys.listed, "anyone"),
    ("POST", f"{_KEYS}/{{user}}", keys.create, "namespace"),
    ("POST", f"{_KEYS}/{{user}}/deactivate", keys.deactivate, "namespace"),
)
_SPLIT = [
    (method, pattern.split("/")[1:], handler, right) for method, pattern, handler, right in _ROUTES
]
_JSON = ".json"


def route(method: str, raw_path: str, account: Account) -> tuple[Handler, dict[str, str]]:
    """The handler, and the decoded variables of the path. The first that matches is taken.

    Raises:
        EcsError: no such path, not with this method, or not for this account.
    """
    parts = raw_path.split("/")[1:]
    known = False
    for wanted, pattern, handler, right in _SPLIT:
        names = _matched(pattern, parts)
        if names is None:
            continue
        known = True
        if wanted == method:
            _check(account, right)
            return handler, names
    if known:
        raise EcsError(1007, f"{method} is not allowed here")
    # [?] Whether a path that is not there gives this code.
    raise EcsError(1002, status=404)


def _matched(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    """A fixed word at the end may have ``.json`` behind it."""
    if len(pattern) != len(parts):
        return None
    names: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            names[expected[1:-1]] = unquote(part)
        elif part != expected and not (part == expected + _JSON and pattern[-1] is expected):
            return None
    return names


def _check(account: Account, right: Right) -> None:
    if right == "anyone" or SYSTEM_ADMIN in account.roles:
        return
    if right == "system" or NAMESPACE_ADMIN not in account.roles:
        raise forbidden()
