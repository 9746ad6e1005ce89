"""ECS's quotas to our records and back. Pure functions.

ECS keeps sizes in whole GiB, which it calls GB; -1 is none, and so is a key that is missing.
"""

from storage_api.backends.ecs.reading import size_in_bytes, whole
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Quota
from storage_api.domain.units import GIB, MAX_BYTES, ceil_div

NONE = -1
#: The most whole GiB whose bytes are a size that we can tell.
MAX_GIB = MAX_BYTES // GIB

_COUNTS = ("blockSizeInCount", "notificationSizeInCount")
NO_QUOTA = Quota(enabled=False)


def gib(name: str, size: int) -> int:
    """Bytes in whole GiB, rounded up; raises ``Invalid`` for what is less than one."""
    if not GIB <= size <= MAX_GIB * GIB:
        raise Invalid(
            f"{name} must lie between {GIB} (1 GiB, of which ECS counts whole ones) and "
            f"{MAX_GIB * GIB}; null is unlimited."
        )
    return ceil_div(size, GIB)


def size(value: object) -> int | None:
    """ECS's GiB in bytes; 0 stays 0."""
    return _not_negative(size_in_bytes(value, GIB))


def count(value: object) -> int | None:
    return _not_negative(whole(value))


def quota_record(row: Json) -> Quota:
    """Of a quota's own document, of a namespace (same keys), or of a bucket (other keys)."""
    limits = {
        "max_bytes": size(row.get("blockSize", row.get("block_size"))),
        "max_objects": count(row.get("blockSizeInCount")),
        "soft_bytes": size(row.get("notificationSize", row.get("notification_size"))),
        "soft_objects": count(row.get("notificationSizeInCount")),
    }
    return Quota(**limits, enabled=any(limit is not None for limit in limits.values()))


def tells_quota(row: Json) -> bool:
    """Whether a namespace's or bucket's own document holds its quota."""
    return "blockSize" in row or "block_size" in row


def counts_objects(row: Json) -> bool:
    """Whether the release that sent this quota is known to have limits on objects."""
    return any(key in row for key in _COUNTS)


def is_limited(quota: Quota) -> bool:
    return rounded(quota).enabled


def wants_counts(quota: Quota) -> bool:
    return quota.max_objects is not None or quota.soft_objects is not None


def check_quota(quota: Quota) -> None:
    """Raises ``Invalid`` for what ECS cannot hold."""
    for name in ("max_bytes", "soft_bytes"):
        value = getattr(quota, name)
        if value is not None:
            gib(name, value)
    for name in ("max_objects", "soft_objects"):
        value = getattr(quota, name)
        if value is not None and not 1 <= value <= MAX_BYTES:
            raise Invalid(f"{name} must lie between 1 and {MAX_BYTES}; null is unlimited.")
    for hard, soft in (("max_bytes", "soft_bytes"), ("max_objects", "soft_objects")):
        most, warned = getattr(quota, hard), getattr(quota, soft)
        if most is not None and warned is not None and warned > most:
            raise Invalid(f"{soft} must not exceed {hard}.")
    if not quota.enabled and is_limited(quota):
        raise Invalid("A quota of ECS cannot rest: remove it, or leave enabled true.")


def rounded(quota: Quota) -> Quota:
    """What the quota reads as once ECS holds it."""
    limits = {
        "max_bytes": _up(quota.max_bytes),
        "max_objects": quota.max_objects,
        "soft_bytes": _up(quota.soft_bytes),
        "soft_objects": quota.soft_objects,
    }
    return Quota(**limits, enabled=any(limit is not None for limit in limits.values()))


def quota_body(quota: Quota, *, counts: bool | None = None) -> Json:
    """The four numbers, or the two sizes alone where there are no counts (their default).

    ECS replaces a quota as a whole, so what is left out may be lost or may stay.
    """
    body = {
        "blockSize": _gib_or_none("max_bytes", quota.max_bytes),
        "notificationSize": _gib_or_none("soft_bytes", quota.soft_bytes),
    }
    if counts or (counts is None and wants_counts(quota)):
        wanted = (quota.max_objects, quota.soft_objects)
        body |= {
            key: NONE if value is None else value
            for key, value in zip(_COUNTS, wanted, strict=True)
        }
    return body


def _gib_or_none(name: str, limit: int | None) -> int:
    return NONE if limit is None else gib(name, limit)


def _not_negative(limit: int | None) -> int | None:
    return None if limit is None or limit < 0 else limit


def _up(limit: int | None) -> int | None:
    return None if limit is None else ceil_div(limit, GIB) * GIB
