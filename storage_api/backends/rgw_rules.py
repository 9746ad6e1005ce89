"""What holds for users, buckets and namespaces of every gateway of Ceph. Pure functions."""

from collections.abc import Iterable

from storage_api.backends.rgw_names import check_text
from storage_api.domain.errors import Conflict, Invalid, NotSupported
from storage_api.domain.models import Bucket, Quota
from storage_api.domain.requests import BucketCreate, NamespaceCreate, NamespacePatch
from storage_api.domain.units import KIB, ceil_div

_NAMED_BUCKETS = 10


def require_no_buckets(uid: str, buckets: Iterable[str]) -> None:
    """Raises ``Conflict`` that names some of the buckets which a user still owns."""
    names = sorted(buckets)
    if names:
        more = "" if len(names) <= _NAMED_BUCKETS else ", …"
        raise Conflict(
            f"User {uid!r} still owns {len(names)} bucket(s): "
            f"{', '.join(names[:_NAMED_BUCKETS])}{more}."
        )


def require_no_content(namespace: str, users: int, buckets: int) -> None:
    if users or buckets:
        raise Conflict(
            f"Namespace {namespace!r} still holds {users} user(s) and {buckets} bucket(s)."
        )


def check_namespace(fields: NamespaceCreate | NamespacePatch) -> None:
    """Raises ``Invalid`` for settings that a tenant does not have: it is but a name."""
    foreign = [name for name in fields if name != "display_name" and fields.get(name) is not None]
    if foreign:
        raise Invalid(f"Ceph's gateway cannot honour {', '.join(foreign)} of a namespace.")
    check_text("display_name", fields.get("display_name", "-"))


def no_namespace_quota() -> NotSupported:
    return NotSupported("There is no quota over a whole namespace here; set them on its users.")


def in_whole_kib(quota: Quota) -> Quota:
    """What a quota reads as that is kept in KiB."""
    size = None if quota.max_bytes is None else ceil_div(quota.max_bytes, KIB) * KIB
    return Quota(max_bytes=size, max_objects=quota.max_objects, enabled=quota.enabled)


def differing_bucket(bucket: Bucket, fields: BucketCreate) -> list[str]:
    """Which of the asked settings an existing bucket does not have."""
    wanted: dict[str, object] = {**fields}
    if "quota" in fields:
        wanted["quota"] = in_whole_kib(fields["quota"])
    return [name for name, value in wanted.items() if not _fits(getattr(bucket, name), value)]


def _fits(found: object, wanted: object) -> bool:
    """Not to have a feature is the same as the gateway's not knowing it."""
    return found == wanted or (found is None and wanted in (False, 0))
