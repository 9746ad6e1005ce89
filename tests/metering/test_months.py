"""What a month costs in a zone with summer time, and one that has only just begun."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage_api.database import Database
from storage_api.metering.meter import Meter
from storage_api.metering.periods import Period
from tests.metering.scenes import ENDPOINT, GB, bucket, one_pass, sample

ZURICH = ZoneInfo("Europe/Zurich")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("month", "gb_days"),
    [("2026-03", "30.958333"), ("2026-10", "31.041667"), ("2025-12", "31.000000")],
)
def test_a_gigabyte_all_the_time_costs_the_month_s_hours(
    database: Database, month: str, gb_days: str
) -> None:
    begin = datetime.fromisoformat(f"{month}-01T00:00:00Z") - 2 * DAY
    for number in range(35):
        at = begin + number * DAY
        one_pass(database, at, [sample(bucket("b"), at, GB)], step=DAY)
    meter = Meter(database, ZURICH)
    [row] = meter.usage(ENDPOINT, meter.period(month, None), "GB")
    assert (row.value, row.gaps, row.complete) == (gb_days, 0, True)


@pytest.mark.parametrize("seconds", [0, 1, 2, 59])
def test_the_first_moments_of_a_month_are_drawn_too(database: Database, seconds: int) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    before = begin - timedelta(minutes=5)
    one_pass(database, before, [sample(bucket("b"), before, GB)])
    drawn = Meter(database, UTC).picture(
        ENDPOINT, Period(begin, begin + timedelta(seconds=seconds)), "GB"
    )
    assert b"One bucket: " in drawn
