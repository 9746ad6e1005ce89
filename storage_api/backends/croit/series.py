"""Points of croit's statistics to samples. Pure functions."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from storage_api.backends.rows import Row, checked, whole
from storage_api.domain.units import MAX_BYTES

#: What every point stands for, in seconds.
STEP_SECONDS = 180


class Stretch(NamedTuple):
    """So many bytes were stored from ``at`` on for ``lasted``."""

    at: datetime
    lasted: timedelta
    used_bytes: int


class Point(NamedTuple):
    moment: int
    value: int | None


@checked
def query_names(rows: Iterable[Row]) -> dict[str, str]:
    """How each uid is called in a query. Two uids that are called the same are left out."""
    names = {row["displayName"]: row["queryName"] for row in rows}
    used = list(names.values())
    return {uid: name for uid, name in names.items() if used.count(name) == 1}


@checked
def points(found: Row) -> list[Point]:
    """Those of the one series that was asked for, by time; none if there is no such series."""
    graphs = found["axis1"]["graphs"]
    if not graphs:
        return []
    (graph,) = graphs
    rows = [Point(whole(row["t"]), _bytes(row["v"])) for row in graph["datapoints"]]
    return sorted(rows)


def stretches(rows: Iterable[Point], start: int, end: int) -> Iterator[Stretch]:
    """Equal neighbours as one stretch; nothing where nothing was measured."""
    begun: Point | None = None
    following = start
    for point in rows:
        if not start <= point.moment < end:
            continue
        same = begun is not None and (point.moment, point.value) == (following, begun.value)
        if begun is not None and not same:
            yield from _stretch(begun, following)
        if not same:
            begun = point
        following = point.moment + STEP_SECONDS
    if begun is not None:
        yield from _stretch(begun, following)


def _stretch(begun: Point, end: int) -> Iterator[Stretch]:
    if begun.value is not None:
        lasted = timedelta(seconds=end - begun.moment)
        yield Stretch(datetime.fromtimestamp(begun.moment, UTC), lasted, begun.value)


def _bytes(value: object) -> int | None:
    """Croit pads with null what it did not measure."""
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError("not a number")
    if not 0 <= value <= MAX_BYTES:
        raise ValueError("not a size")
    return round(value)
