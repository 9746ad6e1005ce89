"""Allocations by services on several hosts, which have nothing in common but a PostgreSQL."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.backends.ecs.elsewhere import Request, elsewhere
from tests.backends.ecs.service import ALLOCATIONS, entry_of
from tests.conftest import skip_or_fail
from tests.services.postgres import INSTALL, PostgresServer, postgres_server, programs
from tests.simulators.ecs import EcsSimulator
from tests.simulators.faults import Fault

LAB: dict[str, Any] = {"name": "smith-lab", "size_bytes": 10 * GIB}
MAKE = Request("POST", ALLOCATIONS, LAB)
UNMAKE = Request("DELETE", f"{ALLOCATIONS}/smith-lab")
_PATIENCE = 20.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    if programs() is None:
        skip_or_fail(f"PostgreSQL is not installed: {INSTALL}")
    with postgres_server() as server:
        yield server


@pytest.fixture
def settings(sim: EcsSimulator, postgres: PostgresServer) -> dict[str, str]:
    database = postgres.create(uuid.uuid4().hex)
    return {"SAPI_BACKENDS": entry_of(sim), "SAPI_DATABASE_URL": database}


def _hosts(folder: Path) -> list[Path]:
    hosts = [folder / "one", folder / "other"]
    for host in hosts:
        host.mkdir()
    return hosts


def _reached(order: Fault) -> None:
    end = time.monotonic() + _PATIENCE
    while not order.hits:
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_repeat_at_another_host_waits_for_the_first(
    sim: EcsSimulator, settings: dict[str, str], tmp_path: Path
) -> None:
    """Else it would end the key that the first is about to tell."""
    one, other = _hosts(tmp_path)
    order = sim.faults.add(kind="slow", method="POST", path="/object/bucket", seconds=2)
    with elsewhere(settings, MAKE, host=one) as first:
        _reached(order)
        with elsewhere(settings, MAKE, host=other) as second:
            made = first.answer().expect(201)
            assert second.answer().expect(200)["connection"] is None
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]
    with elsewhere(settings, UNMAKE, host=other) as third:
        third.answer().expect(204)
    assert sim.namespaces() == []


def test_what_one_host_began_another_finishes_once_it_is_dead(
    sim: EcsSimulator, settings: dict[str, str], tmp_path: Path
) -> None:
    one, other = _hosts(tmp_path)
    order = sim.faults.add(kind="hang", method="POST", path="/object/bucket")
    with elsewhere(settings, MAKE, host=one) as first:
        _reached(order)
        first.kill()
    with elsewhere(settings, MAKE, host=other) as second:
        made = second.answer().expect(201)
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]
    with elsewhere(settings, UNMAKE, host=one) as third:
        third.answer().expect(204)


def test_a_database_that_goes_away_half_way_loses_nothing(
    sim: EcsSimulator, settings: dict[str, str], postgres: PostgresServer, tmp_path: Path
) -> None:
    one, other = _hosts(tmp_path)
    order = sim.faults.add(kind="slow", method="POST", path="/object/bucket", seconds=1)
    with elsewhere(settings, MAKE, host=one) as first:
        _reached(order)
        postgres.stop()
        try:
            assert first.answer().expect(503)["retryable"]
        finally:
            postgres.start()
    with elsewhere(settings, MAKE, host=other) as second:
        made = second.answer().expect(201)
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]
    assert sim.buckets("smith-lab") == ["lab-smith-lab-bucket"]
