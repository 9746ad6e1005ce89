"""Passes: who does them, what they keep, and what becomes of those that end badly."""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from storage_api.backends.accounting import Holder, UsageReporter
from storage_api.backends.metering import UsageSample
from storage_api.database import Database
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.models import MeteredUsage, Ref
from storage_api.metering.meter import Meter
from storage_api.metering.passes import PASS_SECONDS, Claim, claim
from storage_api.metering.periods import Period
from storage_api.metering.sampler import Outcome, Sampler
from storage_api.metering.tables import HOLDERS, PASSES, SAMPLES, TABLES
from tests.metering.scenes import GB, STEP, Scripted, bucket, sample, user

A = bucket("alice-data")


def now() -> datetime:
    return datetime.now(UTC)


def measured(value: int | None = GB) -> list[UsageSample]:
    return [sample(A, now(), value)]


def slots(database: Database) -> list[Mapping[str, Any]]:
    with database.reading(TABLES) as connection:
        rows = connection.execute(select(PASSES).order_by(PASSES.c.slot)).mappings()
        return [dict(row) for row in rows]


def count(database: Database, table: Any) -> int:
    with database.reading(TABLES) as connection:
        return len(connection.execute(select(table)).all())


def latest(database: Database, backend: str) -> dict[str, MeteredUsage]:
    period = Period(now() - timedelta(hours=1), now() + timedelta(seconds=1))
    rows = Meter(database, UTC).usage(backend, period, "GB")
    return {row.holder: row for row in rows}


def test_one_pass_keeps_what_it_measured(database: Database) -> None:
    backend = Scripted(measured())
    assert Sampler(database, {"ceph": backend}, STEP).once() == {"ceph": Outcome.MEASURED}
    assert latest(database, "ceph")["bucket:alice-data"].samples == 1
    (row,) = slots(database)
    assert (row["state"], row["measured"], row["unmeasured"]) == ("done", 1, 0)


def test_a_pass_learns_when_the_last_one_began(database: Database) -> None:
    backend = Scripted(measured())
    claimed = int(time.time()) - 3600
    sampler = Sampler(database, {"ceph": backend}, STEP)
    sampler.once()
    move_back(database, claimed)
    sampler.once()
    assert backend.asked == [None, datetime.fromtimestamp(claimed, UTC)]


def move_back(database: Database, moment: int) -> None:
    with database.writing(TABLES) as connection:
        connection.execute(PASSES.update().values(slot=moment, began=moment))


def test_one_that_is_down_does_not_keep_the_others(database: Database) -> None:
    down = Scripted(BackendUnavailable("it is down"))
    broken = Scripted(ZeroDivisionError("a bug"))
    backends = {"down": down, "broken": broken, "well": Scripted(measured())}
    outcomes = Sampler(database, backends, STEP).once()
    assert outcomes == {
        "down": Outcome.FAILED,
        "broken": Outcome.FAILED,
        "well": Outcome.MEASURED,
    }
    assert {row["backend"]: (row["state"], row["error"]) for row in slots(database)} == {
        "down": ("failed", "it is down"),
        "broken": ("failed", "ZeroDivisionError"),
        "well": ("done", None),
    }


def test_an_error_in_the_middle_keeps_nothing_of_the_pass(database: Database) -> None:
    class Breaking(Scripted):
        def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:
            yield from measured()
            raise BackendUnavailable("cut")

    assert Sampler(database, {"ceph": Breaking()}, STEP).once() == {"ceph": Outcome.FAILED}
    assert count(database, SAMPLES) == count(database, HOLDERS) == 0


@pytest.mark.parametrize(
    "lie", [-1, 2**63, 10**40, float("nan"), float("inf"), 1.5, Decimal(5), True, "5", b"5"]
)
@pytest.mark.parametrize("what", ["used_bytes", "used_objects"])
def test_lies_are_not_stored(database: Database, what: str, lie: Any) -> None:
    figures: dict[str, Any] = {"used_bytes": 7, "used_objects": 1, what: lie}
    backend = Scripted(
        [UsageSample(holder=A, at=now(), **figures), sample(bucket("honest"), now(), GB)]
    )
    assert Sampler(database, {"ceph": backend}, STEP).once() == {"ceph": Outcome.PARTLY}
    rows = latest(database, "ceph")
    assert rows["bucket:alice-data"].value is None
    assert rows["bucket:honest"].value is not None


@pytest.mark.parametrize(
    "odd",
    [
        sample(bucket("nul\0"), now(), 1),
        sample(bucket("\ud800"), now(), 1),
        sample(bucket(""), now(), 1),
        sample(bucket("x" * 5000), now(), 1),
        sample(bucket("b", "nul\0"), now(), 1),
        sample(bucket("b"), now() + timedelta(hours=1), 1),
        sample(bucket("b"), datetime(1970, 1, 1, tzinfo=UTC), 1),
        sample(bucket("b"), datetime(2026, 1, 1), 1),  # noqa: DTZ001  # what is refused
    ],
)
def test_odd_names_and_moments_are_left_out_and_harm_nobody(
    database: Database, odd: UsageSample
) -> None:
    backend = Scripted([odd, *measured()])
    assert Sampler(database, {"ceph": backend}, STEP).once() == {"ceph": Outcome.PARTLY}
    assert set(latest(database, "ceph")) == {"bucket:alice-data"}


def test_names_in_any_script_are_kept(database: Database) -> None:
    holder = user("weiß'\"; DROP TABLE 🦄", "näme%space")
    Sampler(database, {"ceph": Scripted([sample(holder, now(), 1)])}, STEP).once()
    (row,) = latest(database, "ceph").values()
    assert (row.name, row.namespace) == (holder.ref.name, holder.ref.namespace)


def test_of_many_samplers_at_once_one_reads(database: Database) -> None:
    backends = [Scripted(measured()) for _ in range(8)]
    start = threading.Barrier(len(backends))
    while time.time() % 10 > 7:  # all in one slot
        time.sleep(0.1)

    def go(backend: Scripted) -> Outcome:
        own = Database(database._url, database._directory)
        sampler = Sampler(own, {"ceph": backend}, STEP)
        start.wait(10)
        try:
            return sampler.once()["ceph"]
        finally:
            own.close()

    with ThreadPoolExecutor(len(backends)) as pool:
        outcomes = sorted(pool.map(go, backends))
    assert outcomes == [Outcome.MEASURED] + [Outcome.TAKEN] * 7
    assert sum(len(backend.asked) for backend in backends) == 1
    assert latest(database, "ceph")["bucket:alice-data"].samples == 1


def test_a_dead_sampler_s_slot_is_taken_over_after_a_while(database: Database) -> None:
    began = 1_800_000_000
    assert claim(database, Claim("ceph", began, "dead", began)) is None
    soon = Claim("ceph", began, "living", began + PASS_SECONDS - 1)
    assert claim(database, soon) == began + PASS_SECONDS
    later = Claim("ceph", began, "living", began + PASS_SECONDS)
    assert claim(database, later) is None
    assert claim(database, Claim("ceph", began, "third", began + PASS_SECONDS)) is not None


def test_one_who_was_thought_dead_keeps_nothing(database: Database) -> None:
    class Slow(Scripted):
        def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:
            with database.writing(TABLES) as connection:
                connection.execute(PASSES.update().values(owner="another"))
            yield from measured()

    assert Sampler(database, {"ceph": Slow()}, STEP).once() == {"ceph": Outcome.FAILED}
    assert count(database, SAMPLES) == 0
    assert slots(database)[0]["state"] == "running"


def test_a_running_sampler_stops_when_told_and_frees_what_it_holds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage_api.metering.sampler._GRACE_SECONDS", 0.2)
    reading, over = threading.Event(), threading.Event()

    class Hanging(Scripted):
        def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:
            reading.set()
            over.wait(20)
            yield from measured()

    stopped = threading.Event()
    well = Scripted(measured())
    sampler = Sampler(database, {"slow": Hanging(), "well": well}, STEP)
    runner = threading.Thread(target=sampler.run, args=(stopped,))
    runner.start()
    assert reading.wait(10)
    end = time.monotonic() + 10
    while not (latest(database, "well") or time.monotonic() > end):
        time.sleep(0.02)
    stopped.set()
    runner.join(10)
    assert not runner.is_alive()
    assert [row["backend"] for row in slots(database)] == ["well"]
    over.set()
    for thread in threading.enumerate():
        if thread.name.startswith("sample "):
            thread.join(10)


class Walked(UsageReporter):
    """Measures namespaces one by one; some cannot be measured."""

    usage_holders = frozenset({HolderKind.NAMESPACE})

    def get_usage(self, holder: Holder) -> Any:
        raise NotImplementedError


def test_nothing_to_measure_is_no_failure(database: Database) -> None:
    assert Sampler(database, {"w": Walked()}, STEP).once() == {"w": Outcome.MEASURED}


def test_when_nothing_could_be_measured_the_pass_has_failed(database: Database) -> None:
    backend = Scripted(
        [sample(A, now(), None), sample(Holder(HolderKind.USER, Ref(None, "u")), now(), None)]
    )
    assert Sampler(database, {"ceph": backend}, STEP).once() == {"ceph": Outcome.FAILED}
    assert latest(database, "ceph") == {}
