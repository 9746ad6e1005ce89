"""What ECS's billing says, in our record. Pure functions.

Releases differ: 2.x names the unit in the key (``total_size_in_kb``), later ones beside it.
"""

from datetime import datetime, timedelta

from storage_api.backends.ecs.reading import checked, moment, size_in_bytes, text, whole
from storage_api.backends.ecs.wire import Json
from storage_api.domain.models import Usage

SOURCE = "billing"
#: What we ask for: with ECS's own default, GB, small buckets would vanish.
UNIT = "KB"
#: Samples are taken about every five minutes; when three are missed, metering lags.
_FRESH = timedelta(minutes=15)
#: All are powers of 1024: ECS writes KB, MB and GB for KiB, MiB and GiB.
_UNITS = {
    **dict.fromkeys(("B", "BYTE", "BYTES"), 1),
    **dict.fromkeys(("KB", "KIB"), 1024),
    **dict.fromkeys(("MB", "MIB"), 1024**2),
    **dict.fromkeys(("GB", "GIB"), 1024**3),
    **dict.fromkeys(("TB", "TIB"), 1024**4),
}
_NEVER_MEASURED = Usage(source=SOURCE, stale=True)


def never_measured() -> Usage:
    """What exists, but was not in any sample so far."""
    return _NEVER_MEASURED


@checked
def usage_record(row: Json, now: datetime) -> Usage:
    """Objects with their former versions; open multipart uploads are counted apart by ECS."""
    sampled, certain = moment(row.get("sample_time")), moment(row.get("uptodate_till"))
    used = _size(row)
    return Usage(
        used_bytes=used,
        used_objects=_count(whole(row.get("total_objects"))),
        measured_at=sampled,
        source=SOURCE,
        stale=used is None or _is_stale(sampled, certain, now),
    )


def _is_stale(sampled: datetime | None, certain: datetime | None, now: datetime) -> bool:
    """The sample is old, or the figures stand still although samples are taken."""
    if sampled is None:
        return True
    return max(now, sampled) - min(sampled, certain or sampled) > _FRESH


def _size(row: Json) -> int | None:
    beside = (text(row.get("total_size_unit")) or UNIT).upper()
    told = [("total_size", beside)]
    told += [(f"total_size_in_{unit}", unit.upper()) for unit in ("kb", "mb", "gb", "tb")]
    sizes = (size_in_bytes(row.get(key), _UNITS[unit]) for key, unit in told)
    return _count(next((size for size in sizes if size is not None), None))


def _count(value: int | None) -> int | None:
    if value is not None and value < 0:
        raise ValueError("less than nothing")
    return value
