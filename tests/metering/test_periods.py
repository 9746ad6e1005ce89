"""Which time a request means: month ends, and days of 23 and 25 hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage_api.domain.errors import Invalid
from storage_api.metering.periods import period

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2027, 2, 10, 12, 30, 15, 999, tzinfo=UTC)


def asked(begin: str | None, end: str | None = None, zone: ZoneInfo = ZURICH) -> tuple[str, str]:
    found = period(begin, end, zone, NOW)
    return found.begin.isoformat(), found.end.isoformat()


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03", None, 31 * 24 - 1),
        ("2026-10", None, 31 * 24 + 1),
        ("2026-11", None, 30 * 24),
        ("2028-02", "2028-03", 0),
        ("2024-02", None, 29 * 24),
        ("2026-12", None, 31 * 24),
        ("2026-12", "2027-01", 31 * 24),
        ("2026-03-29", None, 23),
        ("2026-10-25", None, 25),
        ("2026-10-25", "2026-10-26", 25),
        ("2026-10-24", "2026-10-26", 49),
        ("2026", "2027", 0),
        (None, "2027-01", 31 * 24),
        ("2026-01", "2027-01", 365 * 24),
    ],
)
def test_days_and_months_are_the_billing_zone_s(
    begin: str | None, end: str | None, hours: int
) -> None:
    if not hours:
        with pytest.raises(Invalid):
            asked(begin, end)
        return
    found = period(begin, end, ZURICH, NOW)
    assert found.end - found.begin == timedelta(hours=hours)


def test_the_year_turns_at_midnight_there() -> None:
    assert asked("2026-12") == ("2026-11-30T23:00:00+00:00", "2026-12-31T23:00:00+00:00")
    assert asked("2026-12", zone=ZoneInfo("UTC"))[0] == "2026-12-01T00:00:00+00:00"
    assert asked("2026-12", zone=ZoneInfo("Asia/Kathmandu"))[0] == "2026-11-30T18:15:00+00:00"


def test_a_day_that_begins_at_one_o_clock() -> None:
    found = asked("2018-11-04", zone=ZoneInfo("America/Sao_Paulo"))
    assert found == ("2018-11-04T03:00:00+00:00", "2018-11-05T02:00:00+00:00")


def test_without_anything_it_is_this_month_until_now() -> None:
    assert asked(None) == ("2027-01-31T23:00:00+00:00", "2027-02-10T12:30:15+00:00")
    first_second = datetime(2027, 1, 31, 23, 0, 0, tzinfo=UTC)
    found = period(None, None, ZURICH, first_second)
    assert found.begin == found.end == first_second


def test_what_is_not_over_ends_now() -> None:
    assert asked("2027-02")[1] == asked("2027-02", "2027-03")[1] == "2027-02-10T12:30:15+00:00"
    assert asked("2027-02-10T00:00:00Z")[1] == "2027-02-10T12:30:15+00:00"


def test_moments_in_any_offset() -> None:
    assert asked("2026-11-05T12:00:00+01:00", "2026-11-05t11:30:00.75z") == (
        "2026-11-05T11:00:00+00:00",
        "2026-11-05T11:30:00+00:00",
    )


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-11", "2026-11"),
        ("2026-12", "2026-11"),
        ("2027-02-10T12:30:15Z", None),
        ("2027-02-11", None),
        ("2027-03", "2027-04"),
        ("2026-11", "2029-01"),
        ("2026-11", "9999-12"),
        ("1969-12", None),
        ("0000-01", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("2026-13", None),
        ("2026-02-30", None),
        ("2026-11-05T24:61:00Z", None),
        ("2026-11-05T12:00:00", None),
        ("2026-11-05T12:00:00 01:00", None),
        ("2026-11-05T12:00:00+99:99", None),
        ("", None),
        ("\u0662026-11", None),
        ("2026-11\0", None),
        ("now", None),
        ("x" * 5000, None),
        (None, "1999-01"),
    ],
)
def test_what_is_no_period_is_refused(begin: str | None, end: str | None) -> None:
    with pytest.raises(Invalid):
        asked(begin, end)
