"""Buckets: their creation, settings and end."""

from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import BUCKET, Caller
from tests.simulators.ecs import EcsSimulator
from tests.simulators.ecs.errors import EcsError

IN = "namespace=ns1"
EVERYTHING: dict[str, Any] = {
    "owner": "u1",
    "filesystem_enabled": True,
    "head_type": "s3",
    "blockSize": 10,
    "notificationSize": 9,
    "blockSizeInCount": 1000,
    "notificationSizeInCount": 900,
    "is_encryption_enabled": "true",
    "is_stale_allowed": True,
    "is_tso_read_only": True,
    "retention": 60,
    "autocommit_period": 30,
    "default_group": "staff",
    "default_group_file_read_permission": True,
    "TagSet": [{"Key": "project", "Value": "p1"}],
    "search_metadata": [{"type": "System", "name": "Size", "datatype": "integer"}],
    "min_max_governor": {"enforce_retention": True, "minimum_fixed_retention": 5},
    "audited_delete_expiration": 5,
    "is_object_lock_enabled": False,
    "versioning_status": "Enabled",
}


def test_a_bucket_is_made_with_everything_at_once(sim: EcsSimulator, tenant: Caller) -> None:
    made = tenant.new_bucket(vpool=sim.replication_group, **EVERYTHING)
    assert (made["name"], made["id"], made["inactive"]) == ("b1", "ns1.b1", False)
    assert "error_message" not in made
    found = tenant.bucket()
    expected = {
        "owner": "u1",
        "vpool": sim.replication_group,
        "fs_access_enabled": True,
        "block_size": 10,
        "notification_size": 9,
        "blockSizeInCount": 1000,
        "is_encryption_enabled": "true",
        "retention": 60,
        "TagSet": EVERYTHING["TagSet"],
        "default_group": "staff",
        "versioning_status": "Enabled",
        "softquota": "9",
        "api_type": "S3",
    }
    assert {name: found[name] for name in expected} == expected
    assert tenant.get(f"/object/bucket?{IN}")["object_bucket"] == [found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "b1"}, (400, 40008)),
        ({"name": "b2", "owner": "nobody"}, (400, 40010)),
        ({"name": "b2", "namespace": "gone"}, (400, 1004)),
        ({"name": "b2", "vpool": "urn:unknown"}, (400, 40005)),
        ({"name": "b2", "unknown": 1}, (400, 1013)),
        ({"name": "b2", "block_size": 1}, (400, 1013)),
        ({"name": "b2", "blockSize": 1, "notificationSize": 2}, (400, 1032)),
        ({"name": "b2", "TagSet": [{"Key": str(n)} for n in range(11)]}, (400, 1031)),
        ({"name": ""}, (400, 1005)),
        ({"name": ".b"}, (400, 40009)),
        ({"name": "b."}, (400, 40009)),
        ({"name": "b..b"}, (400, 40009)),
        ({"name": "b b"}, (400, 40009)),
        ({"name": "192.0.2.1"}, (400, 40009)),
        ({"name": "b" * 256}, (400, 40009)),
    ],
)
def test_odd_buckets_are_refused(
    tenant: Caller, body: dict[str, Any], expected: tuple[int, int]
) -> None:
    tenant.new_bucket()
    assert tenant.refused("POST", "/object/bucket", {"namespace": "ns1", **body}) == expected


def test_another_namespace_may_have_the_same_name(tenant: Caller) -> None:
    tenant.new_namespace("ns2")
    tenant.new_bucket()
    tenant.new_bucket(namespace="ns2")
    assert tenant.bucket("b1", "ns2")["id"] == "ns2.b1"


def test_compliance_needs_retention(call: Caller) -> None:
    call.new_namespace(compliance_enabled=True)
    assert call.refused("POST", "/object/bucket", {"name": "b1", "namespace": "ns1"})[0] == 400
    call.new_bucket(retention=1)


def test_a_success_may_be_partial(sim: EcsSimulator, tenant: Caller) -> None:
    sim.settings.not_applied = frozenset({"blockSize", "notificationSize"})
    made = tenant.new_bucket(blockSize=5, notificationSize=4, is_stale_allowed=True)
    assert "blockSize" in made["error_message"]
    found = tenant.bucket()
    assert (found["block_size"], found["is_stale_allowed"]) == (-1, True)
    assert "error_message" not in tenant.new_bucket("b2")


def test_quotas_owners_and_locks(tenant: Caller) -> None:
    tenant.new_bucket()
    sizes = {"blockSize": 5, "notificationSize": 4}
    tenant.done("PUT", f"{BUCKET}/quota", {"namespace": "ns1", **sizes})
    counts = {"blockSizeInCount": -1, "notificationSizeInCount": -1}
    named = {"bucketname": "b1", "namespace": "ns1"}
    assert tenant.get(f"{BUCKET}/quota?{IN}") == {**named, **sizes, **counts}
    for odd in ({"blockSize": -1, "notificationSize": -1}, {"blockSize": 0, "notificationSize": 0}):
        body = {"namespace": "ns1", **odd}
        assert tenant.refused("PUT", f"{BUCKET}/quota", body) == (400, 1032)
    tenant.done("DELETE", f"{BUCKET}/quota?{IN}")
    assert tenant.bucket()["block_size"] == -1
    tenant.done("POST", f"{BUCKET}/owner", {"namespace": "ns1", "new_owner": "u1"})
    assert tenant.bucket()["owner"] == "u1"
    body = {"namespace": "ns1", "new_owner": "nobody"}
    assert tenant.refused("POST", f"{BUCKET}/owner", body) == (400, 40010)
    tenant.done("PUT", f"{BUCKET}/lock/true", {"namespace": "ns1"})
    assert tenant.get(f"{BUCKET}/lock?{IN}") == {"bucket_name": "b1", "isLocked": True}
    assert tenant.refused("PUT", f"{BUCKET}/lock/True", {"namespace": "ns1"}) == (400, 1008)


def test_acls_are_replaced(tenant: Caller) -> None:
    tenant.new_bucket(owner="u1")
    acl = tenant.get(f"{BUCKET}/acl?{IN}")["acl"]
    assert acl["user_acl"] == [{"user": "u1", "permission": ["full_control"]}]
    acl["user_acl"] = [{"user": "u1", "permission": ["read", "write_acl"]}]
    tenant.done("PUT", f"{BUCKET}/acl", {"bucket": "b1", "namespace": "ns1", "acl": acl})
    assert tenant.get(f"{BUCKET}/acl?{IN}")["acl"] == acl
    acl["user_acl"][0]["permission"] = ["everything"]
    body = {"bucket": "b1", "namespace": "ns1", "acl": acl}
    assert tenant.refused("PUT", f"{BUCKET}/acl", body) == (400, 1008)


def test_tags_are_added_rewritten_and_removed(tenant: Caller) -> None:
    def tags(*pairs: tuple[str, str]) -> dict[str, Any]:
        rows = [{"Key": key, "Value": value} for key, value in pairs]
        return {"TagSet": rows, "namespace": "ns1"}

    tenant.new_bucket()
    tenant.done("POST", f"{BUCKET}/tags", tags(("a", "1"), ("b", "2")))
    tenant.done("PUT", f"{BUCKET}/tags", tags(("a", "3")))
    assert tenant.refused("PUT", f"{BUCKET}/tags", tags(("c", "4")))[0] == 400
    assert tenant.bucket()["TagSet"] == tags(("a", "3"), ("b", "2"))["TagSet"]
    tenant.done("DELETE", f"{BUCKET}/tags", tags(("a", "3")))
    assert tenant.bucket()["TagSet"] == tags(("b", "2"))["TagSet"]
    more = tags(*((f"t{number}", "") for number in range(10)))
    assert tenant.refused("POST", f"{BUCKET}/tags", more) == (400, 1031)


def test_other_settings(tenant: Caller) -> None:
    tenant.new_bucket(search_metadata=EVERYTHING["search_metadata"])
    tenant.done("PUT", f"{BUCKET}/retention", {"namespace": "ns1", "period": 5})
    assert tenant.get(f"{BUCKET}/retention?{IN}") == {"period": 5}
    tenant.done("PUT", f"{BUCKET}/versioning?{IN}", {"Status": "Enabled"})
    assert tenant.get(f"{BUCKET}/versioning?{IN}") == {"Status": "Enabled"}
    assert tenant.refused("PUT", f"{BUCKET}/versioning?{IN}", {"Status": "on"}) == (400, 1008)
    stale = {"namespace": "ns1", "is_stale_allowed": "true"}
    tenant.done("POST", f"{BUCKET}/isstaleallowed", stale)
    assert tenant.bucket()["is_stale_allowed"] is True
    tenant.done("DELETE", f"{BUCKET}/searchmetadata?{IN}")
    assert tenant.bucket()["search_metadata"]["isEnabled"] is False
    tenant.done("GET", f"{BUCKET}/policy?{IN}")
    tenant.done("PUT", f"{BUCKET}/policy?{IN}", {"Version": "2012-10-17", "Statement": []})
    assert tenant.get(f"{BUCKET}/policy?{IN}")["Version"] == "2012-10-17"
    tenant.done("DELETE", f"{BUCKET}/policy?{IN}")
    tenant.done("GET", f"{BUCKET}/policy?{IN}")


@pytest.mark.parametrize("what", ["object", "version", "upload"])
def test_what_is_not_empty_stays(sim: EcsSimulator, tenant: Caller, what: str) -> None:
    tenant.new_bucket(versioning_status="Enabled" if what == "version" else "")
    match what:
        case "upload":
            sim.open_upload("ns1", "b1", 5, parts=2)
        case _:
            sim.put_object("ns1", "b1", 5)
    if what == "version":
        sim.delete_object("ns1", "b1")
    for query in (IN, f"{IN}&emptyBucket=false", f"{IN}&emptyBucket=True"):
        assert tenant.refused("POST", f"{BUCKET}/deactivate?{query}") == (400, 1025)
    sim.delete_versions("ns1", "b1")
    tenant.done("POST", f"{BUCKET}/deactivate?{IN}")
    assert tenant.refused("POST", f"{BUCKET}/deactivate?{IN}") == (400, 1004)


def test_a_bucket_is_emptied_in_the_background(sim: EcsSimulator, tenant: Caller) -> None:
    tenant.new_bucket()
    status = f"{BUCKET}/empty-bucket-status?{IN}"
    assert tenant.get(status)["status"] == "NOT_FOUND"
    for number in range(4):
        sim.put_object("ns1", "b1", 5, key=f"k{number}")
    assert tenant("POST", f"{BUCKET}/deactivate?{IN}&emptyBucket=true").status_code == 202
    assert tenant.bucket()["is_empty_bucket_in_progress"] is True
    assert tenant.refused("PUT", f"{BUCKET}/lock/true", {"namespace": "ns1"}) == (400, 1057)
    assert tenant.refused("POST", f"{BUCKET}/deactivate?{IN}&emptyBucket=true") == (400, 1057)
    with pytest.raises(EcsError):
        sim.put_object("ns1", "b1", 5)
    seen = []
    for _ in range(4):
        found = tenant.get(status)
        seen.append((found["status"], found["entries_deleted"]))
        sim.clock.advance(16)
    assert seen == [("PENDING", 0), ("IN_PROGRESS", 0), ("IN_PROGRESS", 2), ("POST_PROCESSING", 2)]
    assert tenant.get(status)["status"] == "DONE"
    assert sim.buckets("ns1") == []
    assert tenant.refused("GET", f"{BUCKET}/info?{IN}") == (400, 1004)


@pytest.mark.parametrize("outcome", ["FAILED", "ABORTED"])
def test_emptying_may_come_to_nothing(sim: EcsSimulator, tenant: Caller, outcome: Any) -> None:
    tenant.new_bucket()
    for number in range(4):
        sim.put_object("ns1", "b1", 5, key=f"k{number}")
    sim.settings.emptying_outcome = outcome
    assert tenant("POST", f"{BUCKET}/deactivate?{IN}&emptyBucket=true").status_code == 202
    seen = []
    for _ in range(2):
        sim.clock.advance(31)
        seen.append(tenant.get(f"{BUCKET}/empty-bucket-status?{IN}")["status"])
    assert seen == ["ABORT_IN_PROGRESS" if outcome == "ABORTED" else outcome, outcome]
    # It is as it was, but for half of its content.
    assert tenant.bucket()["is_empty_bucket_in_progress"] is False
    sim.put_object("ns1", "b1", 5)
    sim.settings.emptying_outcome = "DONE"
    assert tenant("POST", f"{BUCKET}/deactivate?{IN}&emptyBucket=true").status_code == 202
    sim.clock.advance(61)
    assert sim.buckets("ns1") == []


def test_an_empty_bucket_needs_no_emptying(sim: EcsSimulator, tenant: Caller) -> None:
    tenant.new_bucket()
    tenant.done("POST", f"{BUCKET}/deactivate?{IN}&emptyBucket=true")
    assert sim.buckets("ns1") == []


def test_buckets_are_listed_in_pages(sim: EcsSimulator, tenant: Caller) -> None:
    for number in range(3):
        tenant.new_bucket(f"b{number}")
    first = tenant.get(f"/object/bucket?{IN}&limit=2&name=b*")
    assert ([row["name"] for row in first["object_bucket"]], first["MaxBuckets"]) == (
        ["b0", "b1"],
        2,
    )
    rest = tenant.get(f"/object/bucket?{IN}&limit=2&marker={first['NextMarker']}")
    assert [row["name"] for row in rest["object_bucket"]] == ["b2"]
    assert "NextMarker" not in rest
    assert tenant.refused("GET", "/object/bucket?namespace=gone") == (400, 1004)
