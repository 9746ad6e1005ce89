"""What the sampler is told: everybody who exists, in a few calls, and null for the unmeasured."""

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.backends.metering import UsageSample
from storage_api.domain.errors import BackendError
from storage_api.domain.models import Ref
from tests.backends.ecs.cluster import calls
from tests.simulators.ecs import EcsSimulator

BUCKETS = 5


@pytest.fixture
def place(sim: EcsSimulator, storage: EcsStorage) -> EcsStorage:
    for namespace in ("chemistry", "physics"):
        storage.create_namespace(namespace, {})
    storage._ecs.post(("object", "users"), {"user": "alice", "namespace": "physics"})
    for number in range(BUCKETS):
        body = {"name": f"bucket{number}", "namespace": "physics", "owner": "alice"}
        storage._ecs.post(("object", "bucket"), body)
        sim.put_object("physics", f"bucket{number}", 1000 * (number + 1))
    sim.clock.advance(600)
    sim.forget_requests()
    return storage


def told(storage: EcsStorage) -> dict[str, UsageSample]:
    samples = list(storage.sample_usage(None))
    found = {str(sample.holder.ref): sample for sample in samples}
    assert len(found) == len(samples)
    return found


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
def test_everybody_is_measured_in_three_calls_for_a_namespace(
    sim: EcsSimulator, place: EcsStorage, release: str
) -> None:
    sim.settings.release = release  # type: ignore[assignment]
    found = told(place)
    # 3.x tells whole KB only.
    step = 1024 if release == "3.x" else 1
    wanted = {f"physics/bucket{number}": 1000 * (number + 1) for number in range(BUCKETS)}
    wanted |= {"chemistry": 0, "physics": 15_000}
    assert {name: one.used_bytes for name, one in found.items()} == {
        name: size // step * step for name, size in wanted.items()
    }
    assert found["physics/bucket1"].owner == "alice"
    assert found["physics/bucket1"].holder.ref == Ref("physics", "bucket1")
    assert len(calls(sim)) == 1 + 2 + 3  # chemistry has no buckets to ask for


def test_all_pages_are_read(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.settings.page_limit = 2
    assert len(told(place)) == 2 + BUCKETS


def test_what_no_sample_has_seen_is_there_and_unmeasured(
    sim: EcsSimulator, place: EcsStorage
) -> None:
    place._ecs.post(("object", "bucket"), {"name": "fresh", "namespace": "physics"})
    assert told(place)["physics/fresh"].used_bytes is None


def test_billing_that_fails_leaves_everybody_unmeasured(
    sim: EcsSimulator, place: EcsStorage
) -> None:
    sim.faults.add(kind="code", path="/object/billing/*physics*", status=500, code=7000, times=None)
    found = told(place)
    assert len(found) == 2 + BUCKETS
    assert {name for name, one in found.items() if one.used_bytes is not None} == {"chemistry"}


@pytest.mark.parametrize("path", ["/object/namespaces", "/object/bucket"])
def test_a_list_that_fails_ends_the_pass(sim: EcsSimulator, place: EcsStorage, path: str) -> None:
    """Whoever is left out counts as deleted."""
    sim.faults.add(kind="code", path=path, status=500, code=7000, times=None)
    with pytest.raises(BackendError):
        told(place)


def test_a_namespace_that_goes_meanwhile_is_left_out(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.faults.add(kind="code", path="/object/bucket", query="chemistry", status=400, code=1004)
    assert set(told(place)) == {"physics", *(f"physics/bucket{n}" for n in range(BUCKETS))}


def test_figures_that_stand_still_for_a_day_are_none(sim: EcsSimulator, place: EcsStorage) -> None:
    sim.clock.advance(-2 * 24 * 3600)
    assert {one.used_bytes for one in told(place).values()} == {None}
