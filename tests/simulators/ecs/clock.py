"""What time it is for the simulated cluster."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The real time, moved by what tests ask for; it goes on by itself."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def set(self, when: datetime) -> None:
        """``when`` must know its time zone."""
        self._ahead = when - datetime.now(UTC)


def iso(when: datetime) -> str:
    """``2026-11-21T10:00:00Z``."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(when: datetime) -> str:
    """``2026-11-21T10:00:00.123Z``."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"


def java_date(when: datetime) -> str:
    """``Mon Nov 25 09:55:38 GMT 2019``."""
    return when.strftime("%a %b %d %H:%M:%S GMT %Y")


def key_time(when: datetime | None) -> str:
    """``2015-02-25 11:16:50.632``, of no zone that it tells; [?] UTC."""
    return "" if when is None else f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03}"


def epoch_millis(when: datetime) -> int:
    return int(when.timestamp() * 1000)
