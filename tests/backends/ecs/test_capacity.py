"""The cluster's raw space, and what quotas promise of it."""

import json

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.models import Quota
from storage_api.domain.units import GIB, TIB
from tests.backends.ecs.cluster import NAMESPACES, calls, of_namespace, storage_at
from tests.simulators.ecs import EcsSimulator, Settings

RELEASES = pytest.mark.parametrize("release", ["2.x", "4.x"])


def promise(storage: EcsStorage, count: int) -> None:
    for number in range(count):
        storage.create_namespace(f"ns{number}", {"quota": Quota(max_bytes=(number + 1) * TIB)})


@RELEASES
def test_quotas_are_added_up_and_those_without_are_counted(
    sim: EcsSimulator, storage: EcsStorage, release: str
) -> None:
    """ColdFront's plugin passes over namespaces without a limit in silence."""
    sim.settings.release = release  # type: ignore[assignment]
    promise(storage, 5)
    storage.create_namespace("free", {})
    storage.create_namespace("warned", {"quota": Quota(soft_bytes=GIB)})
    sim.settings.page_limit = 2
    found = storage.get_capacity()
    assert (found.allocated_bytes, found.unlimited_count, found.errors) == (15 * TIB, 2, [])
    assert found.overcommit == 0.15


def test_the_space_is_raw_and_labelled_so(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin compares raw disks with logical quotas."""
    storage.create_namespace("physics", {})
    storage._ecs.post(("object", "bucket"), {"name": "atlas", "namespace": "physics"})
    sim.put_object("physics", "atlas", 12 * TIB)
    found = storage.get_capacity()
    assert found.raw is True
    assert (found.total_bytes, found.used_bytes) == (100 * TIB, 16 * TIB)
    assert found.free_bytes == 84 * TIB


def test_a_namespace_that_goes_meanwhile_is_passed_over(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin gives the whole sum up."""
    sim.settings.release = "2.x"
    promise(storage, 3)
    sim.faults.add(kind="code", path="*/ns1/quota", status=400, code=1004)
    found = storage.get_capacity()
    assert (found.allocated_bytes, found.unlimited_count, found.errors) == (4 * TIB, 0, [])


def test_a_namespace_that_is_marked_for_deletion_promises_nothing(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    rows = [
        {"name": "gone", "blockSize": 7, "inactive": True},
        {"name": "here", "blockSize": 5, "inactive": False},
    ]
    page = json.dumps({"namespace": rows})
    sim.faults.add(kind="garbage", path=NAMESPACES, body=page, content_type="application/json")
    assert storage.get_capacity().allocated_bytes == 5 * GIB


def test_a_quota_that_cannot_be_read_is_told_and_not_counted_as_nothing(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin logs what it cannot read, and reports that all went well."""
    sim.settings.release = "2.x"
    promise(storage, 3)
    sim.faults.add(kind="code", path="*/ns1/quota", status=500, code=7000, times=None)
    found = storage.get_capacity()
    assert (found.allocated_bytes, found.unlimited_count) == (4 * TIB, 0)
    assert found.errors is not None
    assert [error.partition(":")[0] for error in found.errors] == ["ns1"]
    assert found.overcommit is None


def test_a_list_that_tells_quotas_is_enough(sim: EcsSimulator, storage: EcsStorage) -> None:
    """ColdFront's plugin makes two calls for each namespace."""
    promise(storage, 5)
    sim.forget_requests()
    storage.get_capacity()
    assert calls(sim) == ["GET /object/capacity", f"GET {NAMESPACES}"]


def test_a_few_quotas_are_asked_for_at_once(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.settings.release = "2.x"
    promise(storage, 8)
    sim.settings.latency = 0.02
    storage.get_capacity()
    assert 1 < sim.peak <= 3


def test_promises_beyond_all_measure_are_no_number(sim: EcsSimulator, storage: EcsStorage) -> None:
    for name in ("ns0", "ns1"):
        storage.create_namespace(name, {"quota": Quota(max_bytes=2**63 - GIB)})
    found = storage.get_capacity()
    assert found.allocated_bytes is None
    assert found.overcommit is not None


def test_a_changed_quota_is_seen_at_once(sim: EcsSimulator, storage: EcsStorage) -> None:
    promise(storage, 1)
    assert storage.get_capacity().allocated_bytes == TIB
    storage_at(sim).set_quota(of_namespace("ns0"), Quota(max_bytes=2 * TIB))
    assert storage.get_capacity().allocated_bytes == 2 * TIB


def test_what_ecs_does_not_tell_is_unknown() -> None:
    with EcsSimulator(settings=Settings(stringify=True)) as sim:
        storage = storage_at(sim)
        sim.faults.add(
            kind="garbage", path="/object/capacity", body=b"{}", content_type="application/json"
        )
        found = storage.get_capacity()
        assert (found.total_bytes, found.used_bytes, found.overcommit) == (None, None, None)
        assert found.allocated_bytes == 0
