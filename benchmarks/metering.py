"""What a bill costs: a year of 1,000 buckets, sampled every quarter of an hour."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import report
from storage_api.database import Database
from storage_api.domain.secrets import Secret
from storage_api.metering.meter import Meter
from storage_api.metering.periods import Period
from tests.metering import year
from tests.services.postgres import postgres_server, programs

_BUCKETS = 1000
_CHANGES_EVERY = 24
_MONTH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
_YEAR = Period(year.BEGIN, year.END)
_GOAL_SECONDS = 5.0


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", f"sqlite:///{folder}/samples.sqlite")
    if programs() is not None:
        with postgres_server() as server:
            _measure("PostgreSQL", server.create("samples"))


def _measure(name: str, url: str) -> None:
    with _filled(url) as meter:
        for what, period in (("year", _YEAR), ("month", _MONTH)):
            began = time.perf_counter()
            rows = meter.usage(year.ENDPOINT, period, "GB")
            taken = time.perf_counter() - began
            assert len(rows) == _BUCKETS
            assert all(row.complete for row in rows)
            ratio = taken / _GOAL_SECONDS
            title = f"GB-days of {_BUCKETS} buckets, a {what}, {name}"
            report(title, f"{taken:.2f} s", f"{_GOAL_SECONDS:.0f} s", ratio, "≤ 1x")


@contextmanager
def _filled(url: str) -> Iterator[Meter]:
    database = Database(Secret(url), Path)
    year.fill(database, _BUCKETS, steps=_CHANGES_EVERY)
    yield Meter(database, UTC)
    database.close()
