"""A whole year of 1,000 buckets, sampled every quarter of an hour."""

import itertools
from datetime import UTC, datetime

from storage_api.database import Database
from storage_api.metering.meter import Meter
from storage_api.metering.periods import Period
from tests.metering import year

#: Each bucket grows every twelve hours; equal figures of a day share a row.
STEPS = 48
DAY = 86_400


def test_a_year_of_a_thousand_buckets_is_exact(database: Database) -> None:
    year.fill(database, 1000, steps=STEPS)
    rows = Meter(database, UTC).usage(year.ENDPOINT, Period(year.BEGIN, year.END), "GB")
    assert len(rows) == 1000
    for row in rows:
        number = int(row.name.removeprefix("bucket-"))
        assert row.byte_seconds == str(year.byte_seconds(number, steps=STEPS))
        assert (row.samples, row.gaps, row.complete) == (35_040, 0, True)


def test_months_add_up_to_the_year(database: Database) -> None:
    year.fill(database, 3, steps=STEPS)
    meter = Meter(database, UTC)
    begins = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13)] + [year.END]
    months = [
        meter.usage(year.ENDPOINT, Period(begin, end), "GB")
        for begin, end in itertools.pairwise(begins)
    ]
    for place, number in enumerate(range(1, 4)):
        total = sum(int(month[place].byte_seconds or 0) for month in months)
        assert total == year.byte_seconds(number, steps=STEPS)
        assert sum(month[place].samples for month in months) == 35_040
