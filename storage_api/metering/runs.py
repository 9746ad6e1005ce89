"""How samples become runs. Pure functions on one holder's runs.

A sample holds until the next one, but at most for its step and a fifth of that: passes
are never exactly punctual. After that nothing is known: a gap. What is measured once is
never changed by a later pass, for it may have been billed; gaps are filled.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

DAY = 86_400
#: Later than anything that is asked for.
FOREVER = 2**40


def hold(step: int) -> int:
    """Seconds for which a figure counts at most, when the next is due after ``step``."""
    return step + step // 5


@dataclass(frozen=True, slots=True)
class Point:
    """One sample; ``until`` is how long it counts at most.

    One that is ``lasting`` was so all that time, as the back-end's own history says.
    """

    at: int
    until: int
    used_bytes: int | None
    used_objects: int | None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the table; see there."""

    at: int
    last: int
    until: int
    used_bytes: int | None
    used_objects: int | None
    samples: int
    after_gap: bool = True

    @property
    def known(self) -> bool:
        """Measured, or known not to exist."""
        return self.used_bytes is not None

    @property
    def absent(self) -> bool:
        return self.samples == 0


def absence(at: int, until: int = FOREVER) -> Run:
    return Run(at, at, until, 0, 0, samples=0)


def with_points(runs: Sequence[Run], points: Iterable[Point], absent_until: int) -> list[Run]:
    """``runs`` with ``points``, whatever their order.

    ``runs`` are those from the last that began before the earliest point. ``absent_until`` is how
    long what was last seen missing surely did not exist.
    """
    found = list(runs)
    for point in sorted(points, key=lambda point: point.at):
        if point.lasting and point.used_bytes is not None:
            _lay(found, point, absent_until)
        else:
            _put(found, point, absent_until)
    return _with_gaps(found)


def without_holder(runs: Sequence[Run], at: int) -> list[Run]:
    """``runs`` of a holder that was not there any more at ``at``."""
    if runs and (runs[-1].absent or runs[-1].at >= at):
        return list(runs)
    found = list(runs)
    if found:
        found[-1] = replace(found[-1], until=min(found[-1].until, at))
    return _with_gaps([*found, absence(at)])


def _put(runs: list[Run], point: Point, absent_until: int) -> None:
    place = bisect_right(runs, point.at, key=lambda run: run.at)
    before = runs[place - 1] if place else None
    end = point.until if place == len(runs) else min(point.until, runs[place].at)
    if before is not None and not before.absent:
        if before.used_bytes is None and before.at == point.at:
            if point.used_bytes is not None:
                runs[place - 1] = _run(point, end)
            return
        if point.at <= before.last:
            return
        if _continues(before, point):
            runs[place - 1] = replace(before, last=point.at, until=end, samples=before.samples + 1)
            return
    if before is not None:
        _cut(runs, place - 1, min(point.at, absent_until) if before.absent else point.at)
        place = bisect_right(runs, point.at, key=lambda run: run.at)
    runs.insert(place, _run(point, end))


def _lay(runs: list[Run], point: Point, absent_until: int) -> None:
    """Fill with a lasting figure whatever of its time was not measured."""
    _make_room(runs, point, absent_until)
    begin = point.at
    for run in [*_meeting(runs, point), None]:
        free_until = point.until if run is None else min(run.at, point.until)
        if begin < free_until:
            _fill(runs, point, begin, free_until)
        if run is not None:
            begin = max(begin, run.until)


def _make_room(runs: list[Run], point: Point, absent_until: int) -> None:
    """Take away what says that nothing was measured, or that there was nothing, at that time."""
    for run in _meeting(runs, point):
        if run.known and not run.absent:
            continue
        end = min(point.at, absent_until) if run.absent else point.at
        rest = [replace(run, until=end, last=min(run.last, end - 1))] if end > run.at else []
        if not run.absent and run.until > point.until:
            rest.append(replace(run, at=point.until, last=max(run.last, point.until)))
        place = bisect_left(runs, run.at, key=lambda run: run.at)
        runs[place : place + 1] = rest


def _meeting(runs: Sequence[Run], point: Point) -> Sequence[Run]:
    """Those that have some time in common with a lasting point."""
    first = max(bisect_right(runs, point.at, key=lambda run: run.at) - 1, 0)
    last = bisect_left(runs, point.until, key=lambda run: run.at)
    return [run for run in runs[first:last] if run.until > point.at]


def _fill(runs: list[Run], point: Point, begin: int, end: int) -> None:
    place = bisect_right(runs, begin, key=lambda run: run.at)
    part = replace(point, at=begin)
    before = runs[place - 1] if place else None
    if before is not None and not before.absent and _continues(before, part):
        runs[place - 1] = replace(before, last=end - 1, until=end, samples=before.samples + 1)
    else:
        runs.insert(place, replace(_run(part, end), last=end - 1))


def _run(point: Point, end: int) -> Run:
    return Run(point.at, point.at, end, point.used_bytes, point.used_objects, samples=1)


def _continues(run: Run, point: Point) -> bool:
    return (
        run.known
        and (run.used_bytes, run.used_objects) == (point.used_bytes, point.used_objects)
        and run.until >= point.at
        and run.at // DAY == point.at // DAY
    )


def _cut(runs: list[Run], place: int, until: int) -> None:
    """What counted longer than it may; one of which nothing is left goes."""
    run = runs[place]
    if until > run.at:
        runs[place] = replace(run, until=min(run.until, until))
    else:
        del runs[place]


def _with_gaps(runs: Sequence[Run]) -> list[Run]:
    """Mark what follows on a gap. The first run's mark stays: what lies before is not here."""
    return [
        run if place == 0 else replace(run, after_gap=_after_gap(runs[place - 1], run))
        for place, run in enumerate(runs)
    ]


def _after_gap(before: Run, run: Run) -> bool:
    return run.known and not (before.known and before.until == run.at)
