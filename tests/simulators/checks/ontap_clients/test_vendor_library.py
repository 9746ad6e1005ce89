"""NetApp's own library finds the simulator to be a filer."""

import pytest

from tests.simulators.checks.ontap_clients.clients import vendor_library
from tests.simulators.ontap import OntapSimulator

MIB = 1024**2
# The first test installs the library.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", autouse=True)
def _volumes(sim: OntapSimulator) -> None:
    sim.seed_volumes(40)


def test_it_sees_cluster_svm_and_aggregates(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "about")
    assert seen["version"] == 9
    assert (seen["svm"]["name"], seen["svm"]["state"]) == (sim.svm, "running")
    assert seen["svm"]["aggregates"]
    sizes = [row["space"]["block_storage"]["available"] for row in seen["aggregates"]]
    assert sizes
    assert all(size > 0 for size in sizes)


def test_it_follows_pages_and_counts(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "pages")
    names = seen["names"]
    assert len(names) == seen["count"] >= 40
    assert names == sorted(names, reverse=True)


def test_its_queries_mean_what_they_say(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "queries")
    assert seen["wildcard"] == [f"vol{number:05}" for number in range(10)]
    assert seen["alternatives"] == ["vol00001", "vol00002"]
    assert not any(name.startswith("vol") for name in seen["not"])
    assert seen["less"] == []
    assert seen["member"] == ["vol00001"]
    assert seen["absent"] == []


def test_a_volume_lives(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "volume_life")
    made, modified = seen["made"], seen["modified"]
    assert (made["state"], made["style"]) == ("online", "flexvol")
    assert made["nas"]["path"] == "/life"
    assert made["space"]["size"] == 100 * MIB
    assert made["space"]["snapshot"]["reserve_percent"] == 5
    assert made["space"]["afs_total"] == 95 * MIB
    assert modified["space"]["size"] == 200 * MIB
    assert modified["autosize"] == {"mode": "grow", "maximum": 400 * MIB}
    assert seen["same name"]["code"] == "917526"
    assert "used" not in seen["offline"]["space"]
    assert seen["online"]["state"] == "online"
    assert seen["restricted"]["state"] == "restricted"
    assert "path" not in seen["restricted"].get("nas", {})
    assert (seen["gone"]["status"], seen["gone"]["code"]) == (404, "4")


def test_snapshots_and_clones_live(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "snapshot_life")
    assert seen["both"] == ["first", "second"]
    assert seen["twice"]["code"] == "525059"
    assert seen["rolled back"] == ["first"]
    assert seen["clone"]["clone"]["parent_volume"]["name"] == "snapped"
    assert seen["clone"]["nas"]["path"] == "/snapped_clone"
    assert seen["owners"] == ["volume_clone"]
    assert seen["held"]["code"] == "1638555"
    assert seen["none left"] == []


def test_export_policies_and_rules_live(sim: OntapSimulator) -> None:
    seen = vendor_library(sim, "export_life")
    first = [["10.0.0.0/8"], ["@hosts"]]
    assert seen["rules"] == [*first, ["192.0.2.1", "2001:db8::/32"]]
    assert seen["without a client"] == [*first, ["2001:db8::/32"]]
    assert seen["same rule"]["code"] == "1704070"
    assert seen["without a rule"] == first
    assert seen["in use"]["code"] == "1703945"
    assert seen["gone"]


def test_a_broken_lock_is_gone_and_others_stay(sim: OntapSimulator) -> None:
    sim.add_volume("locked")
    for address in ("192.0.2.7", "192.0.2.8"):
        sim.add_lock("locked", address)
    seen = vendor_library(sim, "locks")
    assert {lock["client_address"] for lock in seen["before"]} == {"192.0.2.7", "192.0.2.8"}
    assert [lock["client_address"] for lock in seen["after"]] == ["192.0.2.8"]


def test_it_waits_for_a_job(sim: OntapSimulator) -> None:
    sim.settings.job_seconds = 0.3
    try:
        seen = vendor_library(sim, "volume_life")
    finally:
        sim.settings.job_seconds = 0.0
    assert seen["modified"]["space"]["size"] == 200 * MIB
    polled = [request for request in sim.requests if request.path.startswith("/api/cluster/jobs/")]
    assert polled


def test_it_tells_why_a_job_failed(sim: OntapSimulator) -> None:
    sim.fail_next_job(917536, "No space left in the aggregate.")
    seen = vendor_library(sim, "job_fails")
    assert "No space left in the aggregate." in seen["text"]
