"""Which time is meant: ``from`` and ``to`` in the site's billing time zone.

Each is a moment (RFC 3339), a day (``2026-11-05``) or a month (``2026-11``); days and
months begin at midnight of the billing time zone, so a day may have 23 or 25 hours.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from storage_api.domain.errors import Invalid

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_FIRST_YEAR = 2000
_FAR = timedelta(days=400)


@dataclass(frozen=True)
class Period:
    """From ``begin`` until before ``end``, whole seconds in UTC; never later than now."""

    begin: datetime
    end: datetime

    @property
    def seconds(self) -> tuple[int, int]:
        return int(self.begin.timestamp()), int(self.end.timestamp())


@dataclass(frozen=True)
class _Span:
    """What a text means: a whole month or day, or a moment, which is both ends."""

    begin: datetime
    end: datetime | None


def period(begin: str | None, end: str | None, zone: tzinfo, now: datetime) -> Period:
    """The period that a request asks for.

    Without ``end``, a month or a day in ``begin`` means the whole of it, a moment all since
    then. Without ``begin`` it is the month in which ``end`` lies; without either, this month
    until now.

    Raises:
        Invalid: a text is none of these, or the period is empty, not begun or far ahead.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    if begin is end is None:
        return Period(_month_of(now, zone), now)
    until = _span("to", end, zone).begin if end is not None else None
    if until is not None and until > now + _FAR:
        raise Invalid("'to' lies too far in the future.")
    if begin is not None:
        span = _span("from", begin, zone)
        start, stop = span.begin, until or span.end or now
    else:
        stop = until or now
        start = _month_of(stop - timedelta(seconds=1), zone)
    if start >= stop:
        raise Invalid("'from' must lie before 'to'.")
    if start >= now:
        raise Invalid("'from' must not lie in the future.")
    return Period(start, min(stop, now))


def _span(which: str, text: str, zone: tzinfo) -> _Span:
    try:
        if _MONTH.fullmatch(text):
            year, month = int(text[:4]), int(text[5:])
            return _Span(_local(year, month, 1, zone), _local(*_next_month(year, month), 1, zone))
        if _DAY.fullmatch(text):
            day = datetime.fromisoformat(text)
            after = day + timedelta(days=1)
            return _Span(
                _local(day.year, day.month, day.day, zone),
                _local(after.year, after.month, after.day, zone),
            )
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC).replace(microsecond=0)
            return _Span(_not_before_2000(moment), None)
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        f"'{which}' must be a moment such as 2026-11-05T12:00:00Z, a day such as 2026-11-05 or a "
        f"month such as 2026-11, not before {_FIRST_YEAR}; a + in it must be sent as %2B."
    )


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004  # December


def _month_of(moment: datetime, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    return _local(local.year, local.month, 1, zone)


def _local(year: int, month: int, day: int, zone: tzinfo) -> datetime:
    """Midnight there, in UTC; where the clock skips it, the moment at which it does."""
    return _not_before_2000(datetime(year, month, day, tzinfo=zone).astimezone(UTC))


def _not_before_2000(moment: datetime) -> datetime:
    """The zero hour of 2000 is still the year before in some zones."""
    if moment.year < _FIRST_YEAR - 1:
        raise ValueError("before there were samples")
    return moment
