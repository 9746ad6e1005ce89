"""Users, sub-users, and what may not be twice."""

from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller, at, fresh
from tests.simulators.croit import CroitSimulator


def test_a_user_is_made_listed_and_removed(api: Caller) -> None:
    uid = fresh("user")
    body = {"uid": uid, "name": "Zed & Co — été", "email": f"{uid}@example.org"}
    api.post("/s3/users", body | {"tenant": None}).expect(201)
    row = api.user(uid)
    assert {key: row[key] for key in body} == body
    assert (row["suspended"], row["subusers"]) == (False, [])
    assert not row["userQuota"]["enabled"]
    assert "keys" not in row
    assert uid in api.get("/s3/user-names").expect(200)
    api.delete(at(uid)).expect(204)
    api.delete(at(uid)).expect(404)
    assert api.get("/s3/users", uid=uid).expect(200) == []


def test_a_new_user_has_a_key_that_nobody_asked_for(api: Caller) -> None:
    uid = api.new_user()
    (key,) = api.get(at(uid, "keys")).expect(200)
    assert key["user"] == uid
    assert api.get(at(uid, "key")).expect(200) == key


def test_created_can_be_said_without_a_body_in_two_ways(sim: CroitSimulator, api: Caller) -> None:
    sim.settings.created_status = 204
    api.post("/s3/users", {"uid": fresh("user"), "name": "x"}).expect(204)


@pytest.mark.parametrize("status", [409, 500])
def test_a_second_user_is_a_duplicate(sim: CroitSimulator, api: Caller, status: Any) -> None:
    sim.settings.duplicate_status = status
    uid = api.new_user()
    again = api.post("/s3/users", {"uid": uid, "name": "x"})
    again.expect(status)
    assert "exists" in again.message


def test_an_address_is_one_user_s(api: Caller) -> None:
    email = f"{fresh('mail')}@example.org"
    first, second = fresh("user"), api.new_user()
    api.post("/s3/users", {"uid": first, "name": "x", "email": email}).expect(201)
    api.post("/s3/users", {"uid": fresh("user"), "name": "x", "email": email}).expect(409)
    api.patch(at(second), {"email": email}).expect(409)
    api.patch(at(first), {"email": ""}).expect(204)
    api.patch(at(second), {"email": email}).expect(204)
    assert api.user(second)["email"] == email


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "New"},
        {"suspended": True},
        {"email": "a@b"},
        {"defaultPlacement": "default-placement"},
    ],
    ids=str,
)
def test_a_change_changes_what_it_names(api: Caller, changes: dict[str, Any]) -> None:
    uid = api.new_user()
    before = api.user(uid)
    nulls = dict.fromkeys(("name", "email", "suspended"))
    api.patch(at(uid), nulls | changes).expect(204)
    assert api.user(uid) == before | changes
    api.patch(at(uid), {"email": ""}).expect(204)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"uid": "x"},
        {"uid": "", "name": "x"},
        {"uid": "x", "name": ""},
        {"uid": 7, "name": "x"},
        {"uid": "x", "name": "x", "max_buckets": 5},
        {"uid": "x", "name": "x", "tenant": "with-dash"},
        {"uid": "x", "name": "x", "defaultPlacement": "nowhere"},
        [],
    ],
    ids=str,
)
def test_odd_users_are_refused(api: Caller, wrong: Any) -> None:
    api.post("/s3/users", wrong).expect(400)


def test_a_tenant_s_user_is_another_one(api: Caller) -> None:
    uid, tenant = fresh("user"), fresh("tenant")
    api.new_user(uid=uid)
    assert api.new_user(tenant, uid) == f"{tenant}${uid}"
    rows = api.get("/s3/users", uid=[uid, f"{tenant}${uid}", "absent"]).expect(200)
    assert [row["uid"] for row in rows] == [uid, f"{tenant}${uid}"]
    api.delete(at(f"{tenant}${uid}")).expect(204)
    assert api.user(uid)


def test_an_owner_of_buckets_stays(api: Caller) -> None:
    uid = api.new_user()
    api.new_bucket(uid)
    refused = api.delete(at(uid))
    refused.expect(500)
    assert refused.message == "Unable to remove user with buckets."


def test_subusers_are_made_by_tasks(api: Caller) -> None:
    uid = api.new_user()
    made = {"subuser": "one", "permissions": "read"}
    assert api.done(api.post(at(uid), made))["statusCode"] == 0
    assert api.get(at(uid, "subusers")).expect(200) == [{"id": f"{uid}:one", "permissions": "read"}]
    api.done(api.patch(at(uid, "subusers", "one"), {"permissions": "full-control"}))
    assert api.user(uid)["subusers"] == [{"id": f"{uid}:one", "permissions": "full-control"}]
    both = [{"id": f"{uid}:{name}", "permissions": "read-write"} for name in ("two", "three")]
    api.done(api.put(at(uid, "subusers"), {"subusers": both}))
    found = api.get(at(uid, "subusers")).expect(200)
    assert sorted(found, key=str) == sorted(both, key=str)
    api.done(api.delete(at(uid, "subusers", "two")))
    assert [row["id"] for row in api.user(uid)["subusers"]] == [f"{uid}:three"]
    assert api.done(api.delete(at(uid, "subusers", "two")))["state"] == "FAILED"
