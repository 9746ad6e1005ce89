"""What may be changed of a bucket: /object/bucket/{bucket}/…"""

import json
from typing import Any

from tests.simulators.ecs import bucket_access, quotas
from tests.simulators.ecs.body import Flag, Whole
from tests.simulators.ecs.call import Call, Reply, required
from tests.simulators.ecs.errors import EcsError, bad_body, invalid, no_user
from tests.simulators.ecs.records import Bucket, Quota

TAGS = [{"Key": str, "Value": str}]
GOVERNOR = {
    "enforce_retention": Flag,
    "minimum_fixed_retention": int,
    "maximum_fixed_retention": int,
    "minimum_variable_retention": int,
    "maximum_variable_retention": int,
}
_TAGS = {"TagSet": TAGS, "namespace": str}
_MOST_TAGS = 10
_PERMISSIONS = {
    "read",
    "write",
    "read_acl",
    "write_acl",
    "execute",
    "full_control",
    "privileged_write",
    "delete",
    "none",
}
_GRANTEES = {"user_acl": "user", "group_acl": "group", "customgroup_acl": "customgroup"}
_ACL = {
    "bucket": str,
    "namespace": str,
    "permission": str,
    "acl": {
        "owner": str,
        "default_group": str,
        **{name: [{who: str, "permission": [str]}] for name, who in _GRANTEES.items()},
    },
}
_VERSIONING = {"Enabled", "Suspended"}


def show_quota(call: Call) -> Reply:
    bucket = bucket_access.read(call)
    sizes = quotas.shown(bucket.quota, call.settings.release)
    named = {"bucketname": bucket.name, "namespace": bucket.namespace}
    return Reply("bucket_quota_details", {**named, **sizes})


def set_quota(call: Call) -> None:
    fields = call.body({"namespace": str, **quotas.shape(call.settings.release)})
    bucket_access.write(call, fields.get("namespace")).quota = quotas.wanted(fields)


def remove_quota(call: Call) -> None:
    bucket_access.write(call).quota = Quota()


def set_owner(call: Call) -> None:
    shape = {"namespace": str, "new_owner": str, "reset_previous_owners": Flag}
    fields = call.body(shape)
    required(fields, "new_owner")
    bucket = bucket_access.write(call, fields.get("namespace"))
    check_owner(call, bucket.namespace, fields["new_owner"])
    bucket.owner = fields["new_owner"]


def check_owner(call: Call, namespace: str, owner: str) -> None:
    try:
        call.world.user(owner, namespace)
    except EcsError as error:
        raise EcsError(40010, no_user(owner).details) from error


def show_lock(call: Call) -> Reply:
    bucket = bucket_access.read(call)
    return Reply("bucket_lock", {"bucket_name": bucket.name, "isLocked": bucket.locked})


def set_lock(call: Call) -> None:
    """The state is in the path, the namespace in the body."""
    state = call.names["state"]
    if state not in {"true", "false"}:
        raise invalid("isLocked", state)
    fields = call.body({"namespace": str})
    bucket_access.write(call, fields.get("namespace")).locked = state == "true"


def show_acl(call: Call) -> Reply:
    bucket = bucket_access.read(call)
    everything = [{"user": bucket.owner, "permission": ["full_control"]}]
    acl = bucket.acl or {
        "owner": bucket.owner,
        "default_group": bucket.group.get("default_group", ""),
        **_no_grants(),
        "user_acl": everything,
    }
    named = {"bucket": bucket.name, "namespace": bucket.namespace}
    return Reply("bucket_acl", {**named, "permission": "", "acl": acl})


def set_acl(call: Call) -> None:
    fields = call.body(_ACL)
    required(fields, "acl")
    bucket = bucket_access.write(call, fields.get("namespace"))
    acl: dict[str, Any] = {"owner": bucket.owner, "default_group": "", **_no_grants()}
    acl |= fields["acl"]
    for name in _GRANTEES:
        for grant in acl[name]:
            wrong = set(grant.get("permission", [])) - _PERMISSIONS
            if wrong:
                raise invalid("permission", ", ".join(sorted(wrong)))
    bucket.acl = acl


def add_more_tags(call: Call) -> None:
    fields = call.body(_TAGS)
    add_tags(bucket_access.write(call, fields.get("namespace")), fields.get("TagSet", []))


def rewrite_tags(call: Call) -> None:
    bucket, tags = _tags_that_exist(call)
    bucket.tags |= tags


def remove_tags(call: Call) -> None:
    bucket, tags = _tags_that_exist(call)
    for key in tags:
        del bucket.tags[key]


def add_tags(bucket: Bucket, tags: list[dict[str, Any]]) -> None:
    new = _pairs(tags)
    if len(bucket.tags | new) > _MOST_TAGS:
        raise EcsError(1031, f"A bucket has at most {_MOST_TAGS} tags")
    bucket.tags |= new


def show_retention(call: Call) -> Reply:
    return Reply("bucket_retention", {"period": bucket_access.read(call).retention})


def set_retention(call: Call) -> None:
    # objectscale-client sends the period as a text.
    fields = call.body({"period": Whole, "namespace": str, "min_max_governor": GOVERNOR})
    required(fields, "period")
    bucket = bucket_access.write(call, fields.get("namespace"))
    bucket.retention = fields["period"]
    bucket.governor = fields.get("min_max_governor", bucket.governor)


def set_audit_delete_expiration(call: Call) -> None:
    """All of it is in the query."""
    text = call.query.get("expiration", "")
    bucket = bucket_access.write(call)
    bucket.audit_delete_expiration = -1 if text == "-1" else call.number("expiration", 0, least=0)


def show_versioning(call: Call) -> Reply:
    return Reply("VersioningConfiguration", {"Status": bucket_access.read(call).versioning})


def set_versioning(call: Call) -> None:
    """There is no way back to a bucket that never had versions; [?] the spelling of Suspended."""
    fields = call.body({"Status": str, "namespace": str})
    required(fields, "Status")
    if fields["Status"] not in _VERSIONING:
        raise invalid("Status", fields["Status"])
    bucket_access.write(call, fields.get("namespace")).versioning = fields["Status"]


def set_stale_allowed(call: Call) -> None:
    fields = call.body({"is_stale_allowed": Flag, "namespace": str})
    required(fields, "is_stale_allowed")
    bucket = bucket_access.write(call, fields.get("namespace"))
    bucket.stale_allowed = fields["is_stale_allowed"]


def show_policy(call: Call) -> Reply | None:
    """Nothing at all where there is no policy."""
    policy = bucket_access.read(call).policy
    return Reply("policy", None, raw=policy) if policy else None


def set_policy(call: Call) -> None:
    try:
        policy = json.loads(call.content)
    except ValueError:
        raise bad_body("The policy is not JSON") from None
    if not isinstance(policy, dict):
        raise bad_body("The policy is no object")
    bucket_access.write(call).policy = call.content


def remove_policy(call: Call) -> None:
    bucket_access.write(call).policy = b""


def remove_search_metadata(call: Call) -> None:
    """It can be removed only, never changed."""
    bucket_access.write(call).search_metadata = []


def _no_grants() -> dict[str, list[Any]]:
    return {name: [] for name in _GRANTEES}


def _pairs(tags: list[dict[str, Any]]) -> dict[str, str]:
    for tag in tags:
        required(tag, "Key")
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _tags_that_exist(call: Call) -> tuple[Bucket, dict[str, str]]:
    fields = call.body(_TAGS)
    bucket = bucket_access.write(call, fields.get("namespace"))
    tags = _pairs(fields.get("TagSet", []))
    unknown = sorted(tags.keys() - bucket.tags.keys())
    if unknown:
        # [?] The code.
        raise invalid("TagSet", ", ".join(unknown))
    return bucket, tags
