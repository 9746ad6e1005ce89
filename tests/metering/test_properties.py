"""What holds for any samples in any order: runs against a simulation second by second."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from storage_api.database import Database
from storage_api.domain.models import MeteredUsage
from storage_api.metering.runs import DAY, Point, Run, hold, with_points
from tests.metering.scenes import START, billed, bucket, one_pass, sample

STEP = 60
A = bucket("b")
#: Minutes after the start, and what was measured then.
FIGURES = st.dictionaries(
    st.integers(0, 60),
    st.one_of(st.none(), st.integers(0, 3), st.integers(0, 2**63 - 1)),
    max_size=25,
)
CUTS = st.lists(st.integers(1, 3600 + 500), max_size=4, unique=True).map(sorted)


def truth(figures: dict[int, int | None], length: int) -> list[int | None]:
    found: list[int | None] = [None] * length
    moments = sorted(figures)
    for place, minute in enumerate(moments):
        end = minute * 60 + hold(STEP)
        if place + 1 < len(moments):
            end = min(end, moments[place + 1] * 60)
        for second in range(minute * 60, min(end, length)):
            found[second] = figures[minute]
    return found


def stored(database: Database, figures: dict[int, int | None]) -> None:
    for minute in sorted(figures):
        at = START + timedelta(minutes=minute)
        one_pass(database, at, [sample(A, at, figures[minute])], step=timedelta(seconds=STEP))


def row_of(database: Database, begin: int, end: int) -> MeteredUsage | None:
    rows = billed(database, START + timedelta(seconds=begin), START + timedelta(seconds=end))
    return rows.get("bucket:b")


def spans(seconds: Sequence[int | None]) -> int:
    """Maximal stretches of which nothing is known."""
    return sum(
        second is None and (place == 0 or seconds[place - 1] is not None)
        for place, second in enumerate(seconds)
    )


@given(figures=FIGURES, cuts=CUTS)
def test_splitting_a_period_anywhere_sums_to_the_whole(
    figures: dict[int, int | None], cuts: list[int]
) -> None:
    end = 3600 + 600
    expected = truth(figures, end)
    with TemporaryDirectory() as folder:
        database = Database(None, lambda: Path(folder))
        stored(database, figures)
        edges = [0, *cuts, end]
        total = known = 0
        for begin, stop in itertools.pairwise(edges):
            part = expected[begin:stop]
            row = row_of(database, begin, stop)
            if row is None:
                assert all(second is None for second in part)
                continue
            assert int(row.byte_seconds or 0) == sum(second or 0 for second in part)
            assert row.gap_seconds == sum(second is None for second in part)
            assert row.gaps == spans(part)
            assert row.complete == (None not in part)
            total += int(row.byte_seconds or 0)
            known += stop - begin - row.gap_seconds
        whole = row_of(database, 0, end)
        database.close()
    assert total == (int(whole.byte_seconds or 0) if whole else 0)
    assert known == (end - whole.gap_seconds if whole else 0)


@given(figures=st.dictionaries(st.integers(0, 60), st.integers(0, 3), max_size=40), data=st.data())
def test_fewer_samples_never_mean_fewer_gaps_in_seconds(
    figures: dict[int, int], data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(figures)))) if figures else set()
    everything = covered(runs_of(figures))
    assert covered(runs_of({minute: figures[minute] for minute in kept})) <= everything


@given(
    order=st.permutations(range(30)),
    values=st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=30, max_size=30),
)
def test_runs_never_overlap_and_a_repeat_changes_nothing(
    order: list[int], values: list[int | None]
) -> None:
    """In whatever order series arrive, with days that end in between."""
    runs: list[Run] = []
    points = [point(minute * 300 + DAY - 3000, values[minute]) for minute in order]
    for one in points:
        runs = with_points(runs, [one], 0)
        assert all(a.at <= a.last < a.until <= b.at for a, b in itertools.pairwise(runs))
    assert with_points(runs, points, 0) == runs


@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=40),
    windows=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8),
)
def test_a_history_is_counted_once_however_its_windows_overlap(
    values: list[int | None], windows: list[tuple[int, int]]
) -> None:
    """Minutes of a series, which each pass brings as stretches of equal ones."""
    runs: list[Run] = []
    told: set[int] = set()
    for window in windows:
        begin, end = sorted(window)
        shown = range(begin, min(end, len(values)))
        runs = with_points(runs, stretches(values, shown), 0)
        told |= set(shown)
        assert all(a.at < a.until <= b.at for a, b in itertools.pairwise(runs))
    for minute in range(len(values)):
        at = minute * 60 + 30
        found = next((run.used_bytes for run in runs if run.at <= at < run.until), None)
        assert found == (values[minute] if minute in told else None)


def stretches(values: list[int | None], shown: range) -> list[Point]:
    found = []
    for value, minutes in itertools.groupby(shown, key=lambda minute: values[minute]):
        span = list(minutes)
        if value is not None:
            until = (span[-1] + 1) * 60
            found.append(Point(span[0] * 60, until, value, None, lasting=True))
    return found


def point(at: int, used: int | None) -> Point:
    return Point(at, at + hold(STEP), used, used)


def runs_of(figures: dict[int, int]) -> list[Run]:
    return with_points([], [point(minute * 60, used) for minute, used in figures.items()], 0)


def covered(runs: list[Run]) -> int:
    return sum(run.until - run.at for run in runs if run.known)
