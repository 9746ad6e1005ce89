"""Allocations on clusters of every kind, with accounts and tokens of every kind."""

from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.backends.ecs.service import ALLOCATIONS, api_at
from tests.conformance.client import Api
from tests.simulators.ecs import EcsSimulator
from tests.simulators.ecs.settings import Settings

LAB = {"name": "Smith Lab", "namespace": "smith", "size_bytes": 10 * GIB}
ONE = f"{ALLOCATIONS}/Smith%20Lab"
KINDS: dict[str, dict[str, Any]] = {
    "2.x": {"release": "2.x"},
    "3.x": {"release": "3.x"},
    "4.x": {"release": "4.x"},
    "2.x in texts": {"release": "2.x", "stringify": True},
    "4.x in texts": {"release": "4.x", "stringify": True},
    "hidden keys": {"hide_secret_keys": True},
    "redirects": {"unauthenticated": "302", "max_age_header": False},
    "small pages": {"page_limit": 1},
    "left-out fields": {"not_applied": frozenset({"blockSize", "notificationSize"})},
}
#: More than a whole life of an allocation takes.
_MANY = 500


def live(api: Api) -> None:
    """From its making to its end."""
    made = api.post(ALLOCATIONS, LAB).expect(201)
    assert made["state"] == "active"
    assert made["connection"]["secret_key"]
    assert made["quota"]["max_bytes"] == made["bucket_quota"]["max_bytes"] == 10 * GIB
    assert api.post(ALLOCATIONS, LAB).expect(200)["connection"] is None
    for size in (20 * GIB, 5 * GIB):
        found = api.patch(ONE, {"size_bytes": size, "force": True}).expect(200)
        assert found["quota"]["max_bytes"] == found["bucket_quota"]["max_bytes"] == size
    assert api.get(ONE).expect(200)["state"] == "active"
    api.delete(ONE).expect(204)


@pytest.mark.parametrize("kind", KINDS)
def test_it_lives_on_every_kind_of_cluster(kind: str) -> None:
    with EcsSimulator(settings=Settings(**KINDS[kind])) as sim:
        name, password = sim.monitor_username, sim.monitor_password
        live(api_at(sim, monitor_username=name, monitor_password=password))
        assert sim.namespaces() == []


@pytest.mark.parametrize("kind", ["2.x", "4.x", "hidden keys"])
def test_a_repeat_ends_the_key_that_nobody_was_told(kind: str) -> None:
    with EcsSimulator(settings=Settings(**KINDS[kind])) as sim:
        api = api_at(sim)
        outage = sim.faults.add(
            kind="code", method="POST", path="/object/bucket", code=6000, times=None
        )
        api.post(ALLOCATIONS, LAB).expect(503)
        (lost,) = sim.secrets("smith", "smith-owner")
        outage.times = outage.hits
        made = api.post(ALLOCATIONS, LAB).expect(201)
        assert sim.secrets("smith", "smith-owner") == [made["connection"]["secret_key"]] != [lost]


@pytest.mark.parametrize("status", [401, 302])
def test_a_token_may_end_at_every_call(status: int) -> None:
    with EcsSimulator(settings=Settings(tokens_per_user=1000)) as sim:
        # Each order waits for one call more than the one before it: every second call is refused,
        # which is each one once, and its repeat is not.
        orders = [
            sim.faults.add(kind="code", path="/object/*", code=4000, status=status, after=call)
            for call in range(1, _MANY)
        ]
        live(api_at(sim))
        refused = sum(order.hits for order in orders)
        asked = sum(one.path.startswith("/object/") for one in sim.requests)
        assert (refused < len(orders), asked) == (True, 2 * refused + 1)
        assert sim.namespaces() == []


def test_an_account_that_may_do_nothing_makes_and_keeps_nothing(sim: EcsSimulator) -> None:
    """Ours being refused is no fault of the caller's: 502, never 403."""
    api = api_at(sim, username=sim.monitor_username, password=sim.monitor_password)
    api.post(ALLOCATIONS, LAB).expect(502)
    assert sim.namespaces() == []
    assert api.get(ALLOCATIONS).expect(200) == []
