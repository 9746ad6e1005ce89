"""croit's quotas and statistics to our records and back. Pure functions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from storage_api.backends.rows import Row, checked, whole
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Quota, Usage
from storage_api.domain.requests import UserCreate, UserPatch
from storage_api.domain.units import KIB, MAX_BYTES

#: croit keeps sizes in KiB, and the gateway compares them in bytes.
MAX_SIZE = MAX_BYTES // KIB * KIB
_MAX_OBJECTS = MAX_BYTES - 1
_UNLIMITED = -1
#: What a bucket's quota that is none holds, to tell it from one that was never set. It is not
#: enforced, and if somebody in croit turns it on, no bucket ever holds so many objects.
_NO_QUOTA_OBJECTS = 10**15
_SOURCE = "croit"


@checked
def quota_record(row: Row) -> Quota:
    """Every negative limit is unlimited."""
    size, objects = whole(row["maxSize"]), whole(row["maxObjects"])
    enabled = row["enabled"] is True
    none = objects < 0 or (not enabled and objects == _NO_QUOTA_OBJECTS)
    return Quota(
        max_bytes=None if size < 0 else size,
        max_objects=None if none else objects,
        enabled=enabled,
    )


@checked
def never_limited(row: Row) -> bool:
    """Whether nobody ever set a bucket's quota."""
    quota = row["bucket_quota"]
    return quota["enabled"] is False and quota["maxSize"] < 0 and quota["maxObjects"] < 0


def bucket_quota(row: Row) -> Quota:
    return quota_record(_quota_row(row))


@checked
def _quota_row(row: Row) -> Row:
    found: Row = row["bucket_quota"]
    return found


def quotas(fields: UserCreate | UserPatch) -> dict[str, Quota]:
    """The quotas that ``fields`` hold, by the last part of croit's path for each."""
    found = {"quota": fields.get("quota"), "bucket-quota": fields.get("bucket_quota")}
    return {kind: quota for kind, quota in found.items() if isinstance(quota, Quota)}


def check_quota(quota: Quota) -> None:
    """Raises ``Invalid`` for what would be stored as something else."""
    if quota.soft_bytes is not None or quota.soft_objects is not None:
        raise Invalid("croit has no soft limits; soft_bytes and soft_objects must be null.")
    for name, most in (("max_bytes", MAX_SIZE), ("max_objects", _MAX_OBJECTS)):
        value = getattr(quota, name)
        if value is not None and not 0 <= value <= most:
            raise Invalid(f"{name} must lie between 0 and {most}; null is unlimited.")


def user_limits(quota: Quota) -> dict[str, Any]:
    """Both dimensions always: one that is left out would keep its former limit."""
    return {
        "enabled": quota.enabled,
        "maxSize": _or_unlimited(quota.max_bytes),
        "maxObjects": _or_unlimited(quota.max_objects),
    }


def bucket_limits(quota: Quota) -> dict[str, Any]:
    """As of a user, but no quota at all is told from one that was never set."""
    if not quota.enabled and quota.max_bytes is None and quota.max_objects is None:
        return user_limits(quota) | {"maxObjects": _NO_QUOTA_OBJECTS}
    return user_limits(quota)


def _or_unlimited(limit: int | None) -> int:
    return _UNLIMITED if limit is None else int(limit)


@checked
def usage_record(buckets: Iterable[Row], now: datetime) -> Usage:
    """The sum over ``buckets``; null as soon as one of them cannot be measured."""
    size = objects = 0
    for row in buckets:
        counted = _counted(row)
        if counted is None:
            return Usage(
                used_bytes=None, used_objects=None, measured_at=None, source=_SOURCE, stale=True
            )
        size += counted[0]
        objects += counted[1]
    return Usage(used_bytes=size, used_objects=objects, measured_at=now, source=_SOURCE)


@checked
def held_objects(row: Row) -> int | None:
    """Object versions and uploaded parts in one bucket; ``None`` when croit does not know."""
    counted = _counted(row)
    return counted and counted[1]


def _counted(row: Row) -> tuple[int, int] | None:
    """(bytes, objects), or ``None`` when croit does not know."""
    usage = row["usageSum"]
    if usage is None:
        return None
    size, objects = whole(usage["size"]), usage["numObjects"]
    if not isinstance(objects, int | float) or objects != int(objects):
        raise TypeError("not a count")
    # A counter that has run below zero shows as an absurdly large unsigned number.
    sane = 0 <= size <= MAX_BYTES and 0 <= objects <= MAX_BYTES
    return (size, int(objects)) if sane else None
