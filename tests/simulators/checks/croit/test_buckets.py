"""Buckets: made and removed by tasks, told apart by their owners."""

from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller, at, fresh
from tests.simulators.croit import CroitSimulator

READABLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/somebody"]},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::*"],
        }
    ],
}


@pytest.fixture
def owner(api: Caller) -> str:
    return api.new_user()


def test_a_bucket_is_made_listed_and_removed(api: Caller, owner: str) -> None:
    name = api.new_bucket(owner, versioning="ENABLED", placement="default-placement")
    row = api.bucket(owner, name)
    assert (row["owner"], row["tenant"]) == (owner, "")
    assert row["placement_rule"] == "default-placement"
    assert row in api.get("/s3/buckets").expect(200)
    assert api.get(f"/s3/buckets/{name}").expect(200)["versioning"] == "ENABLED"
    task = api.done(api.delete(f"/s3/buckets/{name}", {"name": name}))
    assert (task["object"], task["statusCode"]) == (name, 0)
    api.get(f"/s3/buckets/{name}").expect(404)
    api.delete(f"/s3/buckets/{name}", {"name": name}).expect(404)


def test_without_statistics_the_sum_is_null(sim: CroitSimulator, api: Caller, owner: str) -> None:
    name = api.new_bucket(owner)
    row = api.bucket(owner, name)
    assert (row["usage"], row["usageSum"]) == ({}, None)


def test_what_only_others_may_have_is_refused(api: Caller, owner: str) -> None:
    name = api.new_bucket(owner)
    api.new_bucket(owner, name)
    task = api.done(api.put(f"/s3/buckets/{name}", {"owner": api.new_user()}))
    assert (task["state"], task["statusCode"] > 0) == ("FAILED", True)
    assert api.bucket(owner, name)["owner"] == owner


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"owner": "absent"}, 404),
        ({"owner": "OWNER", "placement": "nowhere"}, 400),
        ({"owner": "OWNER", "versioning": "on"}, 400),
        ({"owner": "OWNER", "objectLock": True}, 400),
    ],
    ids=str,
)
def test_odd_buckets_are_refused(
    api: Caller, owner: str, body: dict[str, Any], status: int
) -> None:
    wanted = {key: owner if value == "OWNER" else value for key, value in body.items()}
    api.put(f"/s3/buckets/{fresh('b')}", wanted).expect(status)


@pytest.mark.parametrize("name", ["Bad_Name", "ab", "a%2Fb", "%2E%2E"])
def test_a_bad_name_shows_in_the_task(api: Caller, owner: str, name: str) -> None:
    task = api.done(api.put(f"/s3/buckets/{name}", {"owner": owner}))
    assert task["state"] == "FAILED"
    assert "InvalidBucketName" in task["output"]


def test_versioning_acl_and_owner_change(api: Caller, owner: str) -> None:
    name, heir = api.new_bucket(owner), api.new_user()
    path = f"/s3/buckets/{name}"
    assert api.get(path).expect(200)["versioning"] == "OFF"
    acl = [
        {"grantee": "SINGLE_USER", "userId": owner, "permission": "FULL_CONTROL"},
        {"grantee": "ALL_USERS", "permission": "READ"},
    ]
    api.patch(path, {"versioning": "SUSPENDED", "acl": acl}).expect(204)
    details = api.get(path).expect(200)
    assert details["versioning"] == "SUSPENDED"
    assert {(row["grantee"], row["permission"]) for row in details["acl"]} == {
        ("SINGLE_USER", "FULL_CONTROL"),
        ("ALL_USERS", "READ"),
    }
    api.patch(path, {"versioning": "OFF"}).expect(400)
    api.patch(path, {"owner": "absent"}).expect(404)
    api.patch(path, {"owner": heir}).expect(204)
    assert api.bucket(heir, name)["owner"] == heir
    assert api.get(at(owner, "buckets")).expect(200) == []


def test_a_policy_comes_and_goes(api: Caller, owner: str) -> None:
    path = f"/s3/buckets/{api.new_bucket(owner)}/policy"
    api.get(path).expect(404)
    api.post(path, READABLE).expect(201)
    assert api.get(path, owner=owner).expect(200) == READABLE
    for _ in range(2):
        api.delete(path).expect(204)
    api.get(path).expect(404)


def test_namesakes_are_told_apart_by_their_owner(api: Caller, owner: str) -> None:
    name, tenant = fresh("bucket"), fresh("tenant")
    other = api.new_user(tenant)
    for uid in (owner, other):
        api.new_bucket(uid, name)
    namesakes = [row for row in api.get("/s3/buckets").expect(200) if row["bucket"] == name]
    assert [(row["tenant"], row["owner"]) for row in namesakes] == [("", owner), (tenant, other)]
    api.post(f"/s3/buckets/{name}/policy", READABLE, owner=other).expect(201)
    api.get(f"/s3/buckets/{name}/policy", owner=other).expect(200)
    api.get(f"/s3/buckets/{name}/policy", owner=owner).expect(404)
    api.get(f"/s3/buckets/{name}", owner="absent").expect(404)


def test_calls_that_name_no_owner_mean_the_bucket_outside_of_tenants(
    api: Caller, owner: str
) -> None:
    name = fresh("bucket")
    others = [api.new_user(fresh("tenant")) for _ in range(2)]
    for uid in (owner, *others):
        api.new_bucket(uid, name)
    api.put(f"/s3/buckets/{name}/quota", {"enabled": True, "maxObjects": 1}).expect(204)
    assert api.bucket(owner, name)["bucket_quota"]["enabled"]
    assert not api.bucket(others[0], name)["bucket_quota"]["enabled"]
    api.done(api.delete(f"/s3/buckets/{name}", {"name": name}))
    assert api.get(at(owner, "buckets")).expect(200) == []
    api.put(f"/s3/buckets/{name}/quota", {"enabled": True, "maxObjects": 1}).expect(400)


def test_a_path_names_no_tenant(api: Caller) -> None:
    tenant = fresh("tenant")
    name = api.new_bucket(api.new_user(tenant))
    api.get(f"/s3/buckets/{tenant}%2F{name}").expect(404)


def test_a_tenant_s_only_bucket_needs_no_owner(api: Caller) -> None:
    uid = api.new_user(fresh("tenant"))
    name = api.new_bucket(uid)
    api.put(f"/s3/buckets/{name}/quota", {"enabled": True, "maxObjects": 4}).expect(204)
    assert api.bucket(uid, name)["bucket_quota"]["maxObjects"] == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "another"},
        {"name": "NAME", "deleteData": True},
        {"name": "NAME", "deleteData": True, "thisWillDeleteData": "yes"},
        {"name": "NAME", "force": True},
    ],
    ids=str,
)
def test_a_removal_says_what_it_means(api: Caller, owner: str, body: dict[str, Any]) -> None:
    name = api.new_bucket(owner)
    wanted = {key: name if value == "NAME" else value for key, value in body.items()}
    api.delete(f"/s3/buckets/{name}", wanted).expect(400)
    api.bucket(owner, name)


def test_placements_are_listed_under_two_names(api: Caller) -> None:
    bare = api.get("/s3/placements").expect(200)
    paged = api.get("/s3/placements", pagination="{}").expect(200)
    assert bare["placements"] == paged["data"]
    (default,) = [row for row in bare["placements"] if row["isDefault"]]
    assert (default["name"], default["storageClass"]) == (
        bare["defaultPlacementRule"],
        bare["defaultStorageClass"],
    )
