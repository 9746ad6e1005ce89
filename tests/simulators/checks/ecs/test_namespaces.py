"""Namespaces, their quotas and retention classes, and lists in pages."""

from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import NAMESPACES, NS, Caller
from tests.simulators.ecs import EcsSimulator, Settings


def test_a_namespace_lives(sim: EcsSimulator, call: Caller) -> None:
    made = call.new_namespace(is_encryption_enabled=True, compliance_enabled=True)
    assert made == call.get(NS)
    assert (made["id"], made["is_compliance_enabled"]) == ("ns1", True)
    # A text, where its neighbours are booleans.
    assert (made["is_encryption_enabled"], made["is_stale_allowed"]) == ("true", False)
    assert call.refused("POST", NAMESPACES, {"namespace": "ns1"}) == (400, 1015)
    call.new_user()
    call.new_bucket(retention=1)
    assert call.refused("POST", f"{NS}/deactivate") == (400, 1020)
    call.done("POST", "/object/bucket/b1/deactivate?namespace=ns1")
    assert call.refused("POST", f"{NS}/deactivate") == (400, 1020)
    call.done("POST", "/object/users/deactivate", {"user": "u1", "namespace": "ns1"})
    call.done("POST", f"{NS}/deactivate")
    assert sim.namespaces() == []
    for method, path in (("GET", NS), ("POST", f"{NS}/deactivate"), ("GET", f"{NS}/quota")):
        assert call.refused(method, path) == (400, 1004)


def test_an_update_replaces_what_it_leaves_out(sim: EcsSimulator, call: Caller) -> None:
    sim.add_domain("ad.example.org")
    call.new_namespace(namespace_admins="one,two", external_group_admins="three")
    mapping = [{"domain": "ad.example.org", "attributes": [], "groups": ["g"]}]
    assert call.refused("PUT", NS, {"namespace_admins": "one"}) == (400, 1005)
    assert call.refused("PUT", NS, {"user_mapping": None}) == (400, 1005)
    call.done("PUT", NS, {"user_mapping": mapping, "is_stale_allowed": True})
    found = call.get(NS)
    assert (found["user_mapping"], found["is_stale_allowed"]) == (mapping, True)
    assert (found["namespace_admins"], found["external_group_admins"]) == ("", "")
    sim.settings.update_clears_admins = False
    call.done("PUT", NS, {"user_mapping": [], "namespace_admins": "one"})
    call.done("PUT", NS, {"user_mapping": []})
    assert call.get(NS)["namespace_admins"] == "one"


def test_replication_groups_are_allowed_or_not(sim: EcsSimulator, call: Caller) -> None:
    one, other = sim.replication_group, sim.add_replication_group("rg2")
    overlap = {"allowed_vpools_list": [one], "disallowed_vpools_list": [other]}
    assert call.refused("POST", NAMESPACES, {"namespace": "ns1", **overlap}) == (400, 40015)
    call.new_namespace(allowed_vpools_list=[one])
    bucket = {"name": "b1", "namespace": "ns1"}
    assert call.refused("POST", "/object/bucket", {**bucket, "vpool": other}) == (400, 1011)
    adding = {"vpools_added_to_disallowed_vpools_list": [other], "user_mapping": []}
    assert call.refused("PUT", NS, adding) == (400, 40015)
    call.done("PUT", NS, {**adding, "vpools_removed_from_allowed_vpools_list": [one]})
    assert call.get(NS)["disallowed_vpools_list"] == [other]
    call.made("/object/bucket", bucket)
    assert call.bucket()["vpool"] == one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("default_data_services_vpool", "urn:storageos:ReplicationGroupInfo:unknown:global"),
        ("user_mapping", [{"domain": "unknown.example.org"}]),
        ("user_mapping", [{"groups": ["g"]}]),
        ("namespace_admins", "taken"),
        ("default_bucket_block_size", -2),
    ],
)
def test_values_that_mean_nothing_are_refused(call: Caller, field: str, value: Any) -> None:
    call.new_namespace("other", namespace_admins="taken,another")
    status, code = call.refused("POST", NAMESPACES, {"namespace": "ns1", field: value})
    assert (status, code in {1005, 1008, 40005}) == (400, True)


def test_encryption_is_licensed_and_one_way(sim: EcsSimulator, call: Caller) -> None:
    call.new_namespace(is_encryption_enabled=True)
    update = {"user_mapping": [], "is_encryption_enabled": False}
    assert call.refused("PUT", NS, update) == (400, 1012)
    sim.settings.encryption_licensed = False
    body = {"namespace": "ns2", "is_encryption_enabled": True}
    assert call.refused("POST", NAMESPACES, body) == (403, 3001)


def test_a_quota_is_set_and_removed(call: Caller) -> None:
    call.new_namespace()
    none = dict.fromkeys(("blockSize", "notificationSize"), -1)
    counts = dict.fromkeys(("blockSizeInCount", "notificationSizeInCount"), -1)
    assert call.get(f"{NS}/quota") == {"namespace": "ns1", **none, **counts}
    both = {"blockSize": 10, "notificationSize": 9}
    call.done("PUT", f"{NS}/quota", {**both, "blockSizeInCount": 100})
    assert call.get(f"{NS}/quota")["blockSizeInCount"] == 100
    call.done("PUT", f"{NS}/quota", both)
    assert call.get(f"{NS}/quota") == {"namespace": "ns1", **both, **counts}
    for _ in range(2):
        call.done("DELETE", f"{NS}/quota")
        assert call.get(f"{NS}/quota")["blockSize"] == -1


@pytest.mark.parametrize(
    ("block", "notify", "code"),
    [(0, 1, 1032), (1, 2, 1032), (-1, -1, 1032), (-2, 1, 1032), (1, 0, 1032), (1, None, 1005)],
)
def test_odd_quotas_are_refused(call: Caller, block: int, notify: int | None, code: int) -> None:
    call.new_namespace()
    body = {"blockSize": block, "notificationSize": notify}
    assert call.refused("PUT", f"{NS}/quota", body) == (400, code)


def test_retention_classes(call: Caller) -> None:
    call.new_namespace()
    call.done("POST", f"{NS}/retention", {"name": "year", "period": 31_536_000})
    assert call.refused("POST", f"{NS}/retention", {"name": "year", "period": 1}) == (400, 1015)
    call.done("PUT", f"{NS}/retention/year", {"period": 7})
    assert call.get(f"{NS}/retention/year") == {"name": "year", "period": 7}
    assert call.get(f"{NS}/retention") == {"retention_class": [{"name": "year", "period": 7}]}
    assert call.refused("GET", f"{NS}/retention/none") == (400, 1004)


def test_lists_come_in_pages(sim: EcsSimulator, call: Caller) -> None:
    names = [f"ns{number}" for number in range(5)]
    for name in reversed(names):
        call.new_namespace(name)
    sim.settings.page_limit = 2
    found, marker, pages = [], "", 0
    while True:
        page = call.get(f"/object/namespaces?limit=1000&marker={marker}")
        found += [row["id"] for row in page["namespace"]]
        pages += 1
        assert page["MaxNamespaces"] == 2
        if "NextMarker" not in page:
            break
        marker = page["NextMarker"]
        assert page["NextPageLink"].startswith("/object/namespaces?")
    assert (found, pages) == (names, 3)
    assert call.refused("GET", "/object/namespaces?marker=ns1") == (400, 1008)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=lab*", ["lab-a", "lab-b"]),
        ("name=lab-a", ["lab-a"]),
        ("name=*", ["lab-a", "lab-b", "other"]),
        ("name=none*", []),
        ("name=lab*&limit=1", ["lab-a"]),
    ],
)
def test_lists_are_filtered_by_prefix(call: Caller, query: str, expected: list[str]) -> None:
    for name in ("lab-a", "lab-b", "other"):
        call.new_namespace(name)
    page = call.get(f"/object/namespaces?{query}")
    assert [row["id"] for row in page["namespace"]] == expected


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=%C2%B2", "name=a*b*"])
def test_odd_lists_are_refused(call: Caller, query: str) -> None:
    assert call.refused("GET", f"/object/namespaces?{query}") == (400, 1008)


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
def test_older_releases_say_less(release: Any) -> None:
    with EcsSimulator(settings=Settings(release=release)) as sim:
        call = Caller(sim)
        call.new_namespace()
        (row,) = call.get("/object/namespaces")["namespace"]
        assert (set(row) == {"id", "name", "link"}) == (release != "4.x")
        assert ("blockSizeInCount" in call.get(f"{NS}/quota")) == (release != "2.x")
        counted = {"blockSize": 1, "notificationSize": 1, "blockSizeInCount": 1}
        status = call("PUT", f"{NS}/quota", counted).status_code
        assert status == (400 if release == "2.x" else 200)
        call.close()
