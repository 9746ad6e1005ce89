"""The service dies in the middle of an allocation: nothing is lost, doubled or left unknown."""

import time
from pathlib import Path

import pytest

from storage_api.domain.units import GIB
from tests.backends.ecs.elsewhere import Request, elsewhere
from tests.backends.ecs.service import ALLOCATIONS, api_at, entry_of
from tests.conformance.client import Api
from tests.simulators.ecs import EcsSimulator
from tests.simulators.faults import Fault

LAB = {"name": "smith-lab", "size_bytes": 10 * GIB}
_PATIENCE = 30.0

#: The calls of making one, in order; the service dies when the cluster receives one of them.
MAKING = [
    ("POST", "/object/namespaces/namespace", 0),
    ("GET", "/object/namespaces/namespace/smith-lab", 1),
    ("PUT", "/object/namespaces/namespace/*/quota", 0),
    ("GET", "/object/namespaces/namespace/*/quota", 1),
    ("POST", "/object/users", 0),
    ("GET", "/object/user-secret-keys/*", 0),
    ("POST", "/object/user-secret-keys/*", 0),
    ("POST", "/object/bucket", 0),
    ("GET", "/object/bucket/*/info", 1),
    ("GET", "/object/bucket/*/quota", 0),
]
DELETING = [
    ("POST", "/object/bucket/*/deactivate"),
    ("POST", "/object/users/deactivate"),
    ("POST", "/object/namespaces/namespace/*/deactivate"),
]


def killed_at(sim: EcsSimulator, state: Path, order: Fault, request: Request) -> None:
    settings = {"SAPI_BACKENDS": entry_of(sim), "SAPI_STATE_DIRECTORY": str(state)}
    with elsewhere(settings, request) as other:
        end = time.monotonic() + _PATIENCE
        while not order.hits:
            assert other.is_running, "the request ended before it came to this call"
            assert time.monotonic() < end
            time.sleep(0.005)
        other.kill()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir()
    return path


@pytest.mark.parametrize(("method", "path", "after"), MAKING)
def test_a_repeat_completes_it(
    sim: EcsSimulator, state: Path, method: str, path: str, after: int
) -> None:
    """ColdFront's plugin records what it made once all is made, or not at all."""
    kill_making(sim, state, method, path, after)
    api = api_at(sim, state=state)
    made = api.post(ALLOCATIONS, LAB).expect(201)
    assert made["state"] == "active"
    assert made["quota"]["max_bytes"] == made["bucket_quota"]["max_bytes"] == 10 * GIB
    assert sim.namespaces() == ["smith-lab"]
    assert sim.users("smith-lab") == ["smith-lab-owner"]
    assert sim.buckets("smith-lab") == ["lab-smith-lab-bucket"]
    # The key of the call that died was told to nobody, so it must not live on.
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]


@pytest.mark.parametrize(("method", "path", "after"), MAKING)
def test_a_deletion_leaves_nothing_behind(
    sim: EcsSimulator, state: Path, method: str, path: str, after: int
) -> None:
    kill_making(sim, state, method, path, after)
    api = api_at(sim, state=state)
    assert api.get(f"{ALLOCATIONS}/smith-lab").expect(200)["state"] == "creating"
    api.delete(f"{ALLOCATIONS}/smith-lab").expect(204)
    assert sim.namespaces() == []
    assert api.get(ALLOCATIONS).expect(200) == []


@pytest.mark.parametrize(("method", "path"), DELETING)
def test_a_deletion_that_died_is_finished_by_another(
    sim: EcsSimulator, state: Path, method: str, path: str
) -> None:
    api: Api = api_at(sim, state=state)
    api.post(ALLOCATIONS, LAB).expect(201)
    order = sim.faults.add(kind="hang", method=method, path=path)
    killed_at(sim, state, order, Request("DELETE", f"{ALLOCATIONS}/smith-lab"))
    assert api.get(f"{ALLOCATIONS}/smith-lab").expect(200)["state"] == "deleting"
    api.post(ALLOCATIONS, LAB).expect(409)
    api.delete(f"{ALLOCATIONS}/smith-lab").expect(204)
    assert sim.namespaces() == []


@pytest.mark.parametrize("path", ["/object/namespaces/namespace/*/quota", "/object/bucket/*/quota"])
@pytest.mark.parametrize("size", [20 * GIB, 5 * GIB])
def test_a_resize_that_died_is_finished_by_another(
    sim: EcsSimulator, state: Path, path: str, size: int
) -> None:
    api: Api = api_at(sim, state=state)
    api.post(ALLOCATIONS, LAB).expect(201)
    order = sim.faults.add(kind="hang", method="PUT", path=path)
    change = {"size_bytes": size, "force": True}
    killed_at(sim, state, order, Request("PATCH", f"{ALLOCATIONS}/smith-lab", change))
    between = api.get(f"{ALLOCATIONS}/smith-lab").expect(200)
    assert between["size_bytes"] == 10 * GIB
    assert between["bucket_quota"]["max_bytes"] <= between["quota"]["max_bytes"]
    found = api.patch(f"{ALLOCATIONS}/smith-lab", change).expect(200)
    assert found["quota"]["max_bytes"] == found["bucket_quota"]["max_bytes"] == size


def kill_making(sim: EcsSimulator, state: Path, method: str, path: str, after: int) -> None:
    order = sim.faults.add(kind="hang", method=method, path=path, after=after)
    killed_at(sim, state, order, Request("POST", ALLOCATIONS, LAB))
