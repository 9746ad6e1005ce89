"""RGW's quotas and statistics to our records and back. Pure functions."""

from collections.abc import Iterable
from datetime import datetime

from storage_api.backends.rows import Row, checked, whole
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Quota, Usage
from storage_api.domain.requests import UserCreate, UserPatch
from storage_api.domain.units import KIB, MAX_BYTES, ceil_div

#: RGW reads 2^63-1 as "unlimited", so the largest limit that it really holds is one less.
MAX_LIMIT = MAX_BYTES - 1
#: One bucket's limit is kept in KiB but compared in bytes.
MAX_LIMIT_KIB = MAX_BYTES // KIB


@checked
def quota_record(row: Row) -> Quota:
    """Every negative limit is unlimited: -1, but also the -1024 of a limit set in KiB."""
    size, objects = whole(row["max_size"]), whole(row["max_objects"])
    return Quota(
        max_bytes=None if size < 0 else size,
        max_objects=None if objects < 0 else objects,
        enabled=row["enabled"] is True,
    )


def quotas(fields: UserCreate | UserPatch) -> dict[str, Quota]:
    """The quotas that ``fields`` hold, by RGW's quota type."""
    found = {"user": fields.get("quota"), "bucket": fields.get("bucket_quota")}
    return {kind: quota for kind, quota in found.items() if isinstance(quota, Quota)}


def check_quota(quota: Quota) -> None:
    """Raises ``Invalid`` for what RGW would store as something else."""
    if quota.soft_bytes is not None or quota.soft_objects is not None:
        raise Invalid("RadosGW has no soft limits; soft_bytes and soft_objects must be null.")
    for name in ("max_bytes", "max_objects"):
        value = getattr(quota, name)
        if value is not None and not 0 <= value <= MAX_LIMIT:
            raise Invalid(f"{name} must lie between 0 and {MAX_LIMIT}; null is unlimited.")


def user_limits(quota: Quota) -> dict[str, str | int]:
    """Both dimensions always: one that is left out would keep its former limit."""
    return {"max-size": _or_unlimited(quota.max_bytes), **_other_limits(quota)}


def bucket_limits(quota: Quota) -> dict[str, str | int]:
    """In KiB, rounded up: RGW ignores bytes here, and without KiB it would store a limit of 0."""
    kib = None if quota.max_bytes is None else ceil_div(quota.max_bytes, KIB)
    if kib is not None and kib > MAX_LIMIT_KIB:
        raise Invalid(f"max_bytes of a bucket must not exceed {MAX_LIMIT_KIB * KIB}.")
    return {"max-size-kb": _or_unlimited(kib), **_other_limits(quota)}


def _other_limits(quota: Quota) -> dict[str, str | int]:
    return {
        "max-objects": _or_unlimited(quota.max_objects),
        "enabled": "true" if quota.enabled else "false",
    }


def _or_unlimited(limit: int | None) -> int:
    return -1 if limit is None else int(limit)


@checked
def bucket_quota(row: Row) -> Quota:
    return quota_record(row["bucket_quota"])


@checked
def never_limited(row: Row) -> bool:
    """Whether nobody ever set a bucket's quota: "unlimited", once set in KiB, reads as -1024."""
    quota = row["bucket_quota"]
    return quota["enabled"] is False and (quota["max_size"], quota["max_objects"]) == (-1, -1)


@checked
def usage_record(buckets: Iterable[Row], now: datetime) -> Usage:
    """The sum over ``buckets``; null as soon as one of them cannot be measured."""
    size = objects = 0
    for row in buckets:
        counted = _counted(row)
        if counted is None:
            return Usage(
                used_bytes=None, used_objects=None, measured_at=None,
                source="bucket-stats", stale=True,
            )  # fmt: skip
        size += counted[0]
        objects += counted[1]
    return Usage(used_bytes=size, used_objects=objects, measured_at=now, source="bucket-stats")


@checked
def open_uploads(row: Row) -> int:
    """Multipart uploads that were begun and neither completed nor aborted."""
    return whole(row["usage"].get("rgw.multimeta", {}).get("num_objects", 0))


@checked
def held_objects(row: Row) -> int | None:
    """Object versions and uploaded parts in one bucket; ``None`` when RGW does not know."""
    counted = _counted(row)
    return counted and counted[1]


def has_index(row: Row) -> bool:
    """RGW counts nothing in an indexless bucket, and would delete a full one as an empty one."""
    return bool(row.get("index_type", "Normal") == "Normal")


def _counted(row: Row) -> tuple[int, int] | None:
    """(bytes, objects), or ``None`` when RGW does not know."""
    if not has_index(row):
        return None
    usage = row["usage"]
    if "rgw.main" not in usage:
        return 0, 0  # RGW leaves the section out for a bucket in which nothing was ever stored
    main = usage["rgw.main"]
    size, objects = whole(main["size"]), whole(main["num_objects"])
    # A counter that has run below zero shows as an absurdly large unsigned number.
    return (size, objects) if 0 <= size <= MAX_BYTES and 0 <= objects <= MAX_BYTES else None
