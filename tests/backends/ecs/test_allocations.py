"""Allocations on ECS: checked before the first write, undone in reverse, never left unknown."""

from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.backends.ecs.service import ALLOCATIONS, api_at
from tests.conformance.client import Api
from tests.simulators.ecs import EcsSimulator

LAB = {"name": "smith-lab", "size_bytes": 10 * GIB}
WRITES = [
    ("POST", "/object/namespaces/namespace"),
    ("PUT", "/object/namespaces/namespace/*/quota"),
    ("POST", "/object/users"),
    ("POST", "/object/user-secret-keys/*"),
    ("POST", "/object/bucket"),
]


@pytest.fixture
def api(sim: EcsSimulator) -> Api:
    return api_at(sim)


def changes(sim: EcsSimulator) -> list[str]:
    """What was asked to be changed, in order."""
    return [
        f"{one.method} {one.path}"
        for one in sim.requests
        if one.method != "GET" and one.path not in {"/login", "/logout"}
    ]


def make(api: Api, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post(ALLOCATIONS, {**LAB, **fields}).expect(201)
    return made


def test_it_is_made_in_five_writes_with_the_quota_on_both(sim: EcsSimulator, api: Api) -> None:
    """ColdFront's plugin leaves a moment in which the bucket has no quota."""
    made = make(api)
    assert changes(sim) == [
        "POST /object/namespaces/namespace",
        "PUT /object/namespaces/namespace/smith-lab/quota",
        "POST /object/users",
        "POST /object/user-secret-keys/smith-lab-owner",
        "POST /object/bucket",
    ]
    assert made["quota"]["max_bytes"] == made["bucket_quota"]["max_bytes"] == 10 * GIB
    assert made["quota"]["soft_bytes"] == 9 * GIB
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made["connection"]["secret_key"]]
    assert made["connection"]["access_key"] == "smith-lab-owner"
    assert sim.bucket("smith-lab", "lab-smith-lab-bucket").owner == "smith-lab-owner"


def test_part_of_a_gib_is_rounded_up_and_shown(api: Api) -> None:
    made = make(api, size_bytes=10 * GIB + 1)
    assert made["size_bytes"] == 10 * GIB + 1
    assert made["quota"]["max_bytes"] == 11 * GIB


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_bytes": GIB - 1},
        {"replication_group": "no-such-group"},
        {"namespace": "Upper"},
        {"bucket": "has.dots..twice"},
        {"snapshots": True},
        {"cifs_share": True},
        {"groups": ["lab"]},
    ],
)
def test_what_cannot_be_made_is_refused_before_the_first_write(
    sim: EcsSimulator, api: Api, wrong: dict[str, Any]
) -> None:
    """ColdFront's plugin refuses options when namespace and quota exist already."""
    api.post(ALLOCATIONS, {**LAB, **wrong}).expect(400)
    assert changes(sim) == []
    assert api.get(ALLOCATIONS).expect(200) == []


def test_a_group_mapping_names_its_domain_or_takes_the_configured_one(sim: EcsSimulator) -> None:
    """ColdFront's plugin demands a domain, and takes the project's title for a group."""
    sim.add_domain("example.org")
    api = api_at(sim, ldap_domain="example.org")
    make(api, groups=["smith_lab"])
    (mapping,) = api.get("/v3/ecs/namespaces/smith-lab").expect(200)["user_mapping"]
    assert (mapping["domain"], mapping["groups"]) == ("example.org", ["smith_lab"])


def test_an_nfs_share_is_a_bucket_with_a_file_system(sim: EcsSimulator, api: Api) -> None:
    make(api, nfs_share=True)
    assert sim.bucket("smith-lab", "lab-smith-lab-bucket").filesystem


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_what_is_refused_half_way_is_undone_in_reverse(
    sim: EcsSimulator, api: Api, method: str, path: str
) -> None:
    """ColdFront's plugin leaves a namespace behind, and says for ever that it exists."""
    sim.faults.add(kind="code", method=method, path=path, code=1012, text="No.", status=400)
    answer = api.post(ALLOCATIONS, LAB)
    assert answer.status >= 400
    assert answer.body["detail"].endswith("What was made was removed again.")
    assert sim.namespaces() == []
    assert api.get(ALLOCATIONS).expect(200) == []
    make(api)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "truncate"])
def test_a_lost_answer_never_makes_two_nor_loses_one(
    sim: EcsSimulator, api: Api, method: str, path: str, kind: Any
) -> None:
    sim.faults.add(kind=kind, method=method, path=path)
    first = api.post(ALLOCATIONS, LAB)
    made = first if first.status == 201 else api.post(ALLOCATIONS, LAB)
    made.expect(201)
    assert made.body["state"] == "active"
    assert sim.secrets("smith-lab", "smith-lab-owner") == [made.body["connection"]["secret_key"]]
    assert sim.namespaces() == ["smith-lab"]
    assert sim.buckets("smith-lab") == ["lab-smith-lab-bucket"]


def test_a_cluster_that_is_down_half_way_is_gone_on_with(sim: EcsSimulator, api: Api) -> None:
    outage = sim.faults.add(
        kind="code", method="POST", path="/object/bucket", code=6000, text="Busy.", times=None
    )
    answer = api.post(ALLOCATIONS, LAB)
    answer.expect(503)
    assert "the same request goes on" in answer.body["detail"]
    assert api.get(f"{ALLOCATIONS}/smith-lab").expect(200)["state"] == "creating"
    outage.times = outage.hits
    make(api)
    assert len(sim.secrets("smith-lab", "smith-lab-owner")) == 1


def test_it_says_when_undoing_failed_too(sim: EcsSimulator, api: Api) -> None:
    sim.faults.add(kind="code", method="POST", path="/object/bucket", code=1012, status=400)
    outage = sim.faults.add(
        kind="code",
        method="POST",
        path="/object/namespaces/namespace/*/deactivate",
        code=1025,
        status=400,
        times=None,
    )
    answer = api.post(ALLOCATIONS, LAB)
    answer.expect(400)
    assert "Undoing it failed" in answer.body["detail"]
    found = api.get(f"{ALLOCATIONS}/smith-lab").expect(200)
    assert found["state"] == "needs-attention"
    assert "Undoing it failed" in found["detail"]
    outage.times = outage.hits
    api.delete(f"{ALLOCATIONS}/smith-lab").expect(204)
    assert sim.namespaces() == []


def test_growth_is_the_namespace_s_first_and_shrinking_the_bucket_s(
    sim: EcsSimulator, api: Api
) -> None:
    """ColdFront's plugin changes the namespace only, so the bucket's equal quota blocks on."""
    make(api)
    namespace = "PUT /object/namespaces/namespace/smith-lab/quota"
    bucket = "PUT /object/bucket/lab-smith-lab-bucket/quota"
    sim.forget_requests()
    api.patch(f"{ALLOCATIONS}/smith-lab", {"size_bytes": 20 * GIB}).expect(200)
    assert changes(sim) == [namespace, bucket]
    sim.forget_requests()
    api.patch(f"{ALLOCATIONS}/smith-lab", {"size_bytes": 5 * GIB, "force": True}).expect(200)
    assert changes(sim) == [bucket, namespace]


def test_a_second_limit_that_fails_puts_the_first_one_back(sim: EcsSimulator, api: Api) -> None:
    make(api)
    sim.faults.add(kind="code", method="PUT", path="/object/bucket/*/quota", code=1032, status=400)
    assert api.patch(f"{ALLOCATIONS}/smith-lab", {"size_bytes": 20 * GIB}).status >= 400
    found = api.get(f"{ALLOCATIONS}/smith-lab").expect(200)
    assert found["quota"]["max_bytes"] == found["bucket_quota"]["max_bytes"] == 10 * GIB
    assert found["size_bytes"] == 10 * GIB


def test_limits_on_objects_survive_a_new_size(api: Api) -> None:
    made = make(api)
    urls = [
        "/v3/ecs/namespaces/smith-lab/quota",
        f"/v3/ecs/namespaces/smith-lab/buckets/{made['bucket']}/quota",
    ]
    for url in urls:
        api.put(url, {"max_bytes": 10 * GIB, "max_objects": 1000}).expect(200)
    for change in ({"size_bytes": 20 * GIB}, {"unlimited": True}):
        api.patch(f"{ALLOCATIONS}/smith-lab", change).expect(200)
        assert [api.get(url).expect(200)["max_objects"] for url in urls] == [1000, 1000]


def test_it_is_not_made_smaller_than_what_it_holds(sim: EcsSimulator, api: Api) -> None:
    """ColdFront's plugin never looks."""
    make(api)
    sim.put_object("smith-lab", "lab-smith-lab-bucket", 6 * GIB)
    sim.clock.advance(3600)
    url = f"{ALLOCATIONS}/smith-lab"
    api.patch(url, {"size_bytes": 5 * GIB}).expect(409)
    assert api.get(url).expect(200)["quota"]["max_bytes"] == 10 * GIB
    api.patch(url, {"size_bytes": 7 * GIB}).expect(200)
    api.patch(url, {"size_bytes": 5 * GIB, "force": True}).expect(200)


def test_it_stays_while_it_holds_data(sim: EcsSimulator, api: Api) -> None:
    make(api)
    sim.put_object("smith-lab", "lab-smith-lab-bucket", 1)
    api.delete(f"{ALLOCATIONS}/smith-lab").expect(409)
    assert api.get(f"{ALLOCATIONS}/smith-lab").expect(200)["state"] == "active"
    sim.delete_versions("smith-lab", "lab-smith-lab-bucket")
    api.delete(f"{ALLOCATIONS}/smith-lab").expect(204)
    assert sim.namespaces() == []


def test_names_are_kept_and_never_derived_again(sim: EcsSimulator, api: Api) -> None:
    """ColdFront's plugin derives them from a title that may change, and meets another tenant."""
    make(api, name="Smith Lab", namespace="smith", bucket="smith-data")
    found = api.get(f"{ALLOCATIONS}/Smith%20Lab").expect(200)
    assert (found["namespace"], found["bucket"]) == ("smith", "smith-data")
    api.patch(f"{ALLOCATIONS}/Smith%20Lab", {"size_bytes": 20 * GIB}).expect(200)
    assert sim.namespaces() == ["smith"]
