"""What ECS's billing says, in our record. Pure functions.

Releases differ: 2.x names the unit in the key (``total_size_in_kb``), later ones beside it.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from storage_api.backends.ecs.reading import checked, moment, number, text, whole
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
        used_objects=whole(row.get("total_objects")),
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
    told = number(row.get("total_size"))
    if told is not None:
        return _bytes(told, _UNITS[(text(row.get("total_size_unit")) or UNIT).upper()])
    for unit in ("kb", "mb", "gb", "tb"):
        told = number(row.get(f"total_size_in_{unit}"))
        if told is not None:
            return _bytes(told, _UNITS[unit.upper()])
    return None


def _bytes(value: Decimal, unit: int) -> int:
    if value < 0:
        raise ValueError("less than nothing")
    return int((value * unit).to_integral_value(ROUND_HALF_EVEN))
