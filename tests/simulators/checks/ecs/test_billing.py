"""What metering tells, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import GIB, Caller
from tests.simulators.ecs import EcsSimulator, Settings

ONE = "/object/billing/buckets/ns1/b1/info"
ALL = "/object/billing/namespace/ns1/info"
START = datetime(2026, 11, 21, 10, 1, tzinfo=UTC)


@pytest.fixture
def billed(sim: EcsSimulator, tenant: Caller) -> Caller:
    """At 10:01 there is a bucket of an hour's age."""
    sim.clock.set(START - timedelta(hours=1))
    tenant.close()
    caller = Caller(sim)
    caller.new_bucket()
    sim.clock.set(START)
    return caller


def at(minute: int) -> datetime:
    return START.replace(minute=minute)


def test_figures_are_those_of_the_last_sample(sim: EcsSimulator, billed: Caller) -> None:
    sim.put_object("ns1", "b1", GIB)
    sim.open_upload("ns1", "b1", 2048, parts=3)
    before = billed.get(f"{ONE}?sizeunit=KB")
    assert (before["total_size"], before["sample_time"]) == (0, "2026-11-21T10:00:00Z")
    sim.clock.set(at(6))
    after = billed.get(f"{ONE}?sizeunit=KB")
    assert (after["total_size"], after["total_size_unit"]) == (1024**2, "KB")
    assert (after["total_objects"], after["total_mpu_size"], after["total_mpu_parts"]) == (1, 2, 3)
    assert after["sample_time"] == after["uptodate_till"] == "2026-11-21T10:05:00Z"
    assert billed.get(ALL)["total_size"] == 1
    sim.delete_versions("ns1", "b1")
    assert billed.get(ALL)["total_size"] == 1
    sim.clock.set(at(11))
    assert billed.get(ALL)["total_size"] == 0


def test_figures_lag_and_disagree(sim: EcsSimulator, billed: Caller) -> None:
    sim.settings.billing_lag_seconds = 600
    sim.settings.bucket_lag_seconds = 600
    sim.put_object("ns1", "b1", GIB)
    sim.clock.set(at(16))
    assert (billed.get(ALL)["total_size"], billed.get(ONE)["total_size"]) == (1, 0)
    (row,) = billed.get(f"{ALL}?include_bucket_detail=true")["bucket_billing_info"]
    assert (row["total_size"], row["sample_time"]) == (0, "2026-11-21T09:55:00Z")


def test_metering_may_stand_still(sim: EcsSimulator, billed: Caller) -> None:
    sim.stall_metering()
    sim.put_object("ns1", "b1", GIB)
    sim.clock.set(at(30))
    found = billed.get(ONE)
    assert (found["total_size"], found["uptodate_till"]) == (0, "2026-11-21T10:01:00Z")
    sim.resume_metering()
    assert billed.get(ONE)["total_size"] == 1


def test_a_new_bucket_has_no_sample_yet(sim: EcsSimulator, billed: Caller) -> None:
    billed.new_bucket("b2")
    new = "/object/billing/buckets/ns1/b2/info"
    assert billed.refused("GET", new) == (400, 1004)
    rows = billed.get(f"{ALL}?include_bucket_detail=true")["bucket_billing_info"]
    assert [row["name"] for row in rows] == ["b1"]
    sim.settings.new_bucket_billing = "zero"
    assert billed.get(new)["total_size"] == 0
    sim.settings.new_bucket_billing = "1004"
    sim.clock.set(at(6))
    assert billed.get(new)["total_objects"] == 0
    assert billed.refused("GET", "/object/billing/buckets/ns1/gone/info") == (400, 1004)
    assert billed.refused("GET", "/object/billing/namespace/gone/info") == (400, 1004)


@pytest.mark.parametrize(
    ("release", "query", "expected"),
    [
        ("2.x", "", {"total_size_in_gb": 1.5, "total_size_unit": "GB"}),
        ("2.x", "?sizeunit=KB", {"total_size_in_kb": 1.5 * 1024**2, "total_size_unit": "KB"}),
        ("3.x", "", {"total_size": 1, "total_size_unit": "GB"}),
        ("3.x", "?sizeunit=MB", {"total_size": 1536, "total_size_unit": "MB"}),
        ("4.x", "", {"total_size": 1.5, "total_size_unit": "GB"}),
        ("4.x", "?sizeunit=GiB", {"total_size": 1.5, "total_size_unit": "GiB"}),
        ("4.x", "?sizeunit=BYTE", {"total_size": 1.5 * GIB, "total_size_unit": "BYTE"}),
    ],
)
def test_sizes_are_spelled_by_release(
    sim: EcsSimulator, billed: Caller, release: Any, query: str, expected: dict[str, Any]
) -> None:
    sim.put_object("ns1", "b1", 3 * GIB // 2)
    sim.settings.release = release
    sim.clock.set(at(6))
    for path in (ONE, ALL):
        found = billed.get(f"{path}{query}")
        sizes = {name: found[name] for name in found if name.startswith("total_size")}
        assert sizes == expected


@pytest.mark.parametrize(("release", "unit"), [("4.x", "TB"), ("4.x", "kb"), ("3.x", "KiB")])
def test_other_units_are_refused(
    sim: EcsSimulator, billed: Caller, release: Any, unit: str
) -> None:
    sim.settings.release = release
    assert billed.refused("GET", f"{ALL}?sizeunit={unit}") == (400, 1008)


def test_buckets_of_a_namespace_come_in_pages(sim: EcsSimulator, billed: Caller) -> None:
    for number in range(2, 4):
        billed.new_bucket(f"b{number}")
    sim.clock.set(at(6))
    sim.settings.page_limit = 2
    first = billed.get(f"{ALL}?include_bucket_detail=true")
    assert [row["name"] for row in first["bucket_billing_info"]] == ["b1", "b2"]
    rest = billed.get(f"{ALL}?include_bucket_detail=true&marker={first['next_marker']}")
    assert [row["name"] for row in rest["bucket_billing_info"]] == ["b3"]
    assert "next_marker" not in rest
    assert "bucket_billing_info" not in billed.get(ALL)


def test_samples_add_what_moved(sim: EcsSimulator, billed: Caller) -> None:
    sim.put_object("ns1", "b1", GIB, key="one")
    sim.clock.set(at(12))
    sim.put_object("ns1", "b1", 3 * GIB, key="two")
    sim.delete_object("ns1", "b1", key="one")
    sim.clock.set(at(40))
    times = "start_time=2026-11-21T10:10&end_time=2026-11-21T10:30"
    for path in (ONE, ALL):
        found = billed.get(f"{path.replace('info', 'sample')}?{times}")
        assert found["sample_end_time"] == "2026-11-21T10:30:00Z"
        assert (found["objects_created"], found["objects_deleted"]) == (1, 1)
        assert (found["bytes_delta"], found["ingress"]) == (2 * GIB, 3 * GIB)
        assert (found["total_size"], found["total_objects"]) == (3, 1)


@pytest.mark.parametrize(
    "times",
    [
        "start_time=2026-11-21T10:01&end_time=2026-11-21T10:10",
        "start_time=2026-11-21T10:10&end_time=2026-11-21T10:10",
        "start_time=2026-11-21T10:00:00Z&end_time=2026-11-21T10:10",
        "start_time=2026-11-21T10:00",
    ],
)
def test_odd_times_are_refused(billed: Caller, times: str) -> None:
    assert billed.refused("GET", f"{ALL.replace('info', 'sample')}?{times}") == (400, 1008)


def test_many_are_billed_at_once(sim: EcsSimulator, billed: Caller) -> None:
    sim.put_object("ns1", "b1", GIB)
    sim.clock.set(at(6))
    found = billed.made("/object/billing/buckets/ns1/info?sizeunit=KB", {"id": ["b1"]})
    assert found["bucket_billing_infos"][0]["total_size"] == 1024**2
    found = billed.made("/object/billing/namespace/info?sizeunit=KB", {"id": ["ns1"]})
    assert found["namespace_billing_infos"][0]["total_size"] == 1024**2
    assert billed.made("/object/billing/buckets/ns1/info", {}) == {"bucket_billing_infos": []}
    monitor = Caller(sim, sim.monitor_username, sim.monitor_password)
    assert monitor("POST", "/object/billing/namespace/info", {"id": ["ns1"]}).status_code == 200
    monitor.close()


def test_capacity_is_raw_and_reclaimed_late(sim: EcsSimulator, billed: Caller) -> None:
    total = 100 << 10
    assert billed.get("/object/capacity") == {"totalProvisioned_gb": total, "totalFree_gb": total}
    sim.put_object("ns1", "b1", 12 * GIB)
    # 12 + 4 blocks.
    assert billed.get("/object/capacity")["totalFree_gb"] == total - 16
    assert billed.get(f"/object/capacity/{sim.storage_pool}")["totalFree_gb"] == total - 16
    sim.delete_object("ns1", "b1")
    sim.clock.advance(3600)
    assert billed.get("/object/capacity")["totalFree_gb"] == total - 16
    billed.close()
    sim.clock.advance(24 * 3600)
    caller = Caller(sim)
    assert caller.get("/object/capacity")["totalFree_gb"] == total
    caller.close()


def test_groups_and_pools(sim: EcsSimulator, call: Caller) -> None:
    twin = sim.add_replication_group("rg1")
    gone = sim.add_replication_group("old", inactive=True)
    groups = call.get("/vdc/data-service/vpools")["data_service_vpool"]
    assert [group["name"] for group in groups] == ["rg1", "rg1", "old"]
    assert {group["id"] for group in groups} == {sim.replication_group, twin, gone}
    (mapping,) = groups[0]["varrayMappings"]
    assert mapping["value"] == sim.storage_pool
    assert call.get(f"/vdc/data-service/vpools/{twin}")["id"] == twin
    (pool,) = call.get("/vdc/data-services/varrays")["varray"]
    assert (pool["numberOfDataBlocks"], pool["numberOfCodeBlocks"]) == (12, 4)
    body = {"namespace": "ns1", "default_data_services_vpool": gone}
    assert call.refused("POST", "/object/namespaces/namespace", body) == (400, 40005)


def test_it_starts_in_an_old_release() -> None:
    with EcsSimulator(settings=Settings(release="2.x")) as sim:
        call = Caller(sim)
        call.new_namespace()
        call.new_bucket()
        assert "tags" in call.bucket()
        call.close()
