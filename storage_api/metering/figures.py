"""What a back-end says of usage, checked: what cannot be true is not stored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage_api.backends.accounting import Holder
from storage_api.backends.metering import UsageSample
from storage_api.domain.units import MAX_BYTES
from storage_api.metering.runs import Point, hold

#: Clocks differ a little; a figure from farther ahead is none.
_AHEAD = timedelta(minutes=5)
#: No back-end's history reaches farther back.
_OLDEST = timedelta(days=400)
_LONGEST_NAME = 1024


@dataclass
class Figures:
    """One pass's figures by holder. ``refused`` counts what could not be true."""

    points: dict[Holder, list[Point]] = field(default_factory=dict)
    owners: dict[Holder, str] = field(default_factory=dict)
    refused: int = 0

    @property
    def unmeasured(self) -> int:
        """Holders of which this pass tells nothing."""
        return sum(
            all(point.used_bytes is None for point in points) for points in self.points.values()
        )


def gather(samples: Iterable[UsageSample], step: timedelta, now: datetime) -> Figures:
    """Read a pass's samples; ``step`` is how long until the next pass is due.

    A holder whose figure is refused is there, but unmeasured.
    """
    figures = Figures()
    for sample in samples:
        if not _names_something(sample.holder) or not _is_a_moment(sample.at, now):
            figures.refused += 1
            continue
        believed = _is_count(sample.used_bytes) and _is_count(sample.used_objects)
        figures.refused += not believed
        counts = (sample.used_bytes, sample.used_objects) if believed else (None, None)
        point = _point(sample, step, counts, now)
        figures.points.setdefault(sample.holder, []).append(point)
        if sample.owner is not None and _is_text(sample.owner):
            figures.owners[sample.holder] = sample.owner
    return figures


def _point(
    sample: UsageSample, step: timedelta, counts: tuple[int | None, int | None], now: datetime
) -> Point:
    at = int(sample.at.timestamp())
    if sample.lasted is None:
        return Point(at, at + hold(int(step.total_seconds())), *counts)
    until = min(at + int(sample.lasted.total_seconds()), int(now.timestamp()))
    return Point(at, until, *counts, lasting=True)


def _is_count(value: object) -> bool:
    """No float, which might be NaN, and no truth value."""
    return value is None or (type(value) is int and 0 <= value <= MAX_BYTES)


def _is_a_moment(at: datetime, now: datetime) -> bool:
    return at.tzinfo is not None and now - _OLDEST <= at <= now + _AHEAD


def _names_something(holder: Holder) -> bool:
    namespace = holder.ref.namespace
    return _is_text(holder.ref.name) and (namespace is None or _is_text(namespace))


def _is_text(value: object) -> bool:
    """What every database can hold."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
