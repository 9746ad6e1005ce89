"""What is billed, against what a person works out with pencil and paper."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from storage_api.backends.metering import UsageSample
from storage_api.database import Database
from tests.metering.scenes import (
    GB,
    START,
    STEP,
    billed,
    bucket,
    one_pass,
    sample,
    user,
)

DAY = timedelta(days=1)
A, B = bucket("alice-data"), bucket("bob-data", "physics")


def test_a_constant_for_a_day_is_exact(database: Database) -> None:
    for number in range(97):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, 5 * GB, 40)])
    row = billed(database, START, START + DAY)["bucket:alice-data"]
    assert row.value == "5.000000"
    assert row.byte_seconds == str(5 * GB * 86_400)
    assert row.object_days == "40.000000"
    assert (row.samples, row.gaps, row.gap_seconds, row.complete) == (96, 0, 0, True)
    assert row.unit == "GB-days"


def test_growth_is_a_staircase(database: Database) -> None:
    """Each figure holds until the next: 0 + 1 + 2 + … + 95 quarters of an hour."""
    for number in range(97):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, number * GB)])
    row = billed(database, START, START + DAY)["bucket:alice-data"]
    assert row.byte_seconds == str(sum(range(96)) * GB * 900)
    assert row.value == "47.500000"


def test_the_last_figure_holds_a_step_and_a_fifth(database: Database) -> None:
    one_pass(database, START, [sample(A, START, GB)])
    row = billed(database, START, START + DAY)["bucket:alice-data"]
    assert row.byte_seconds == str(GB * 900 * 6 // 5)
    assert (row.samples, row.gaps) == (1, 1)
    assert row.gap_seconds == 86_400 - 1080
    assert not row.complete


def test_a_late_pass_makes_no_gap_and_a_missing_one_does(database: Database) -> None:
    for minutes in (0, 17, 32, 62, 77):  # the pass at 47 failed
        at = START + timedelta(minutes=minutes)
        one_pass(database, at, [sample(A, at, GB)])
    row = billed(database, START, START + timedelta(minutes=77))["bucket:alice-data"]
    assert (row.gaps, row.gap_seconds) == (1, (62 - 32 - 18) * 60)
    assert row.byte_seconds == str(GB * (77 - 12) * 60)


def test_unmeasured_is_neither_zero_nor_what_it_was(database: Database) -> None:
    for number, used in enumerate([GB, None, 0, 0]):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, used)])
    end = START + 3 * STEP
    row = billed(database, START, end)["bucket:alice-data"]
    assert row.byte_seconds == str(GB * 900)
    assert (row.gaps, row.gap_seconds, row.samples) == (1, 900, 2)


def test_a_measured_zero_is_zero(database: Database) -> None:
    for number in range(5):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, 0, 0)])
    row = billed(database, START, START + 4 * STEP)["bucket:alice-data"]
    assert (row.value, row.byte_seconds, row.object_days) == ("0.000000", "0", "0.000000")
    assert row.complete


def test_never_measured_is_null_and_never_sampled_is_absent(database: Database) -> None:
    one_pass(database, START, [sample(A, START, None, None)])
    rows = billed(database, START, START + DAY)
    assert set(rows) == {"bucket:alice-data"}
    row = rows["bucket:alice-data"]
    assert (row.value, row.byte_seconds, row.object_days) == (None, None, None)
    assert (row.samples, row.gaps, row.gap_seconds) == (0, 1, 86_400)
    assert billed(database, START + DAY, START + 2 * DAY) == {}


def test_what_is_deleted_costs_until_it_is_missed(database: Database) -> None:
    for number in range(9):
        at = START + number * STEP
        there = [sample(A, at, GB)] if number in {2, 3, 6, 7, 8} else []
        one_pass(database, at, [sample(B, at, 7 * GB), *there])
    end = START + 8 * STEP
    rows = billed(database, START, end)
    assert rows["bucket:alice-data"].byte_seconds == str(4 * GB * 900)
    assert rows["bucket:alice-data"].complete
    assert rows["bucket:physics/bob-data"].complete
    # What was not there at all in a period is not listed.
    assert set(billed(database, START + 4 * STEP, START + 6 * STEP)) == {"bucket:physics/bob-data"}


def test_new_after_a_gap_is_unknown_only_since_the_last_look(database: Database) -> None:
    one_pass(database, START, [])
    at = START + 8 * STEP
    one_pass(database, at, [sample(A, at, GB)])
    row = billed(database, START, at)
    assert row == {}
    row_after = billed(database, START, at + STEP)["bucket:alice-data"]
    assert row_after.gap_seconds == 8 * 900 - 1080
    assert row_after.byte_seconds == str(GB * 900)


def test_late_figures_fill_a_gap_and_change_nothing_else(database: Database) -> None:
    three = timedelta(minutes=3)

    def point(minute: int, used: int | None) -> UsageSample:
        at = START + timedelta(minutes=minute)
        return UsageSample(
            holder=user("u"), at=at, used_bytes=used, used_objects=None, lasted=three
        )

    one_pass(database, START + three, [point(0, GB)])
    # The sampler was down; the next pass brings the series, some of it once more and altered.
    late = [point(minute, 2 * GB) for minute in range(3, 60, 3)]
    one_pass(database, START + timedelta(hours=1), [point(0, 99 * GB), *late])
    again = [point(minute, 2 * GB) for minute in range(30, 63, 3)]
    one_pass(database, START + timedelta(minutes=61), again)
    row = billed(database, START, START + timedelta(hours=1))["user:u"]
    assert row.byte_seconds == str(GB * 180 + 2 * GB * 57 * 60)
    assert row.complete
    assert row.object_days is None


def test_a_history_makes_up_for_what_was_missed_and_for_who_was_missing(
    database: Database,
) -> None:
    """Unmeasured, deleted, then made anew while nobody looked: the series knows."""

    def lasting(begin: int, minutes: int, used: int) -> UsageSample:
        at = START + timedelta(minutes=begin)
        lasted = timedelta(minutes=minutes)
        return UsageSample(holder=A, at=at, used_bytes=used, used_objects=None, lasted=lasted)

    one_pass(database, START, [sample(A, START, None)])
    one_pass(database, START + STEP, [lasting(0, 12, GB)])
    one_pass(database, START + 2 * STEP, [])
    one_pass(database, START + 3 * STEP, [])
    late = [lasting(12, 3, GB), lasting(40, 20, 2 * GB)]
    one_pass(database, START + 4 * STEP, late)
    row = billed(database, START, START + 4 * STEP)["bucket:alice-data"]
    # Fifteen minutes of one, then absent from the pass at 30 until the series says otherwise.
    assert row.byte_seconds == str(GB * 15 * 60 + 2 * GB * 20 * 60)
    assert (row.gaps, row.gap_seconds) == (1, 15 * 60)


def test_a_history_that_reaches_into_the_future_ends_now(database: Database) -> None:
    endless = UsageSample(
        holder=A, at=START, used_bytes=GB, used_objects=1, lasted=timedelta(days=9999)
    )
    one_pass(database, START + STEP, [endless])
    row = billed(database, START, START + DAY)["bucket:alice-data"]
    assert int(row.byte_seconds or 0) <= GB * 901


def test_a_late_figure_takes_the_place_of_an_unmeasured_one(database: Database) -> None:
    one_pass(database, START, [sample(A, START, None)])
    later = START + STEP
    one_pass(database, later, [sample(A, START, 3 * GB), sample(A, later, 3 * GB)])
    row = billed(database, START, later)["bucket:alice-data"]
    assert (row.byte_seconds, row.complete) == (str(3 * GB * 900), True)


def test_owners_and_users_are_counted_apart(database: Database) -> None:
    """A bucket that changes hands: its own row goes on, each user has what he owned when."""
    for number in range(5):
        at = START + number * STEP
        owner, other = ("alice", "bob") if number < 2 else ("bob", "alice")
        one_pass(
            database,
            at,
            [
                UsageSample(holder=A, at=at, used_bytes=GB, used_objects=1, owner=owner),
                sample(user(owner), at, GB),
                sample(user(other), at, 0),
            ],
        )
    rows = billed(database, START, START + 4 * STEP)
    assert rows["bucket:alice-data"].byte_seconds == str(4 * GB * 900)
    assert rows["bucket:alice-data"].owner == "bob"
    assert rows["user:alice"].byte_seconds == rows["user:bob"].byte_seconds == str(2 * GB * 900)


def test_a_petabyte_for_a_year_and_the_largest_number_there_is(database: Database) -> None:
    year = timedelta(days=365)
    huge = 2**63 - 1
    for number in range(366):
        at = START - year + number * DAY
        one_pass(database, at, [sample(A, at, 10**15), sample(B, at, huge, huge)], step=DAY)
    rows = billed(database, START - year, START)
    assert rows["bucket:alice-data"].byte_seconds == str(10**15 * 365 * 86_400)
    assert rows["bucket:alice-data"].value == "365000000.000000"
    assert rows["bucket:physics/bob-data"].byte_seconds == str(huge * 365 * 86_400)
    in_bytes = billed(database, START - year, START, "B")["bucket:physics/bob-data"]
    assert in_bytes.value == f"{huge * 365}.000000"
    assert in_bytes.object_days == f"{huge * 365}.000000"


@pytest.mark.parametrize(
    ("unit", "size"),
    [("B", 1), ("kB", 10**3), ("GB", 10**9), ("GiB", 2**30), ("TB", 10**12), ("TiB", 2**40)],
)
def test_units_round_half_up_once(database: Database, unit: str, size: int) -> None:
    used = 123_456_789_012
    for number in range(3):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, used)])
    row = billed(database, START, START + 2 * STEP, unit)["bucket:alice-data"]
    exact = Fraction(used * 1800, size * 86_400)
    assert row.value is not None
    assert row.value.partition(".")[2].__len__() == 6
    assert -Fraction(1, 2_000_000) < exact - Fraction(row.value) <= Fraction(1, 2_000_000)


def test_small_holders_do_not_vanish(database: Database) -> None:
    at = START
    for number in range(97):
        at = START + number * STEP
        one_pass(database, at, [sample(A, at, 1500)])
    row = billed(database, START, START + DAY)["bucket:alice-data"]
    assert row.value == "0.000002"  # 1.5 millionths of a gigabyte, half-up


def test_back_ends_are_kept_apart(database: Database) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    one_pass(database, at, [sample(A, at, GB)])
    one_pass(database, at, [sample(A, at, 5 * GB)], endpoint="other")
    one_pass(database, at + STEP, [], endpoint="other")
    row = billed(database, START, START + STEP)["bucket:alice-data"]
    assert row.byte_seconds == str(GB * 900)
