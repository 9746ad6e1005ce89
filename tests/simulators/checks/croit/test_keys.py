"""Access keys, and what croit has of its own about them."""

import pytest

from tests.simulators.checks.croit.caller import Caller, at, fresh
from tests.simulators.croit import CroitSimulator

SECRET = "s+/=& %ü"


def key_ids(api: Caller, uid: str) -> list[str]:
    return [key["access_key"] for key in api.get(at(uid, "keys")).expect(200)]


def test_a_key_is_added_changed_and_removed(api: Caller) -> None:
    uid, access_key = api.new_user(), fresh("KEY")
    for secret in ("first", SECRET):
        api.put(at(uid, "keys", access_key), secretKey=secret).expect(204)
        shown = {"user": uid, "access_key": access_key, "secret_key": secret}
        assert shown in api.get(at(uid, "keys")).expect(200)
    api.delete(at(uid, "keys", access_key)).expect(204)
    assert access_key not in key_ids(api, uid)


def test_an_absent_key_is_a_failure_of_the_server(api: Caller) -> None:
    refused = api.delete(at(api.new_user(), "keys", "ABSENT"))
    refused.expect(500)
    assert "unable to find access key" in refused.message


def test_a_key_is_one_user_s(api: Caller) -> None:
    first, second, access_key = api.new_user(), api.new_user(), fresh("KEY")
    api.put(at(first, "keys", access_key), secretKey="one").expect(204)
    api.put(at(second, "keys", access_key), secretKey="two").expect(409)
    api.delete(at(second, "keys", access_key)).expect(500)
    assert access_key in key_ids(api, first)


def test_nobody_s_keys_are_not_found(api: Caller) -> None:
    absent = fresh("absent")
    for path in ("key", "keys"):
        api.get(at(absent, path)).expect(404)
    api.put(at(absent, "keys", "K"), secretKey="x").expect(404)
    api.put(at(absent, "keys"), {"keys": []}).expect(404)


def test_the_secret_goes_into_the_query(api: Caller) -> None:
    uid = api.new_user()
    api.put(at(uid, "keys", "K")).expect(400)
    api.put(at(uid, "keys", "K"), {"secretKey": "x"}).expect(400)


def test_a_user_without_keys_has_an_empty_one(api: Caller) -> None:
    uid = api.new_user()
    for access_key in key_ids(api, uid):
        api.delete(at(uid, "keys", access_key)).expect(204)
    nothing = {"user": uid, "access_key": None, "secret_key": None}
    assert api.get(at(uid, "key")).expect(200) == nothing
    assert api.get(at(uid, "keys")).expect(200) == []


def test_keys_put_together_drop_what_came_meanwhile(sim: CroitSimulator, api: Caller) -> None:
    uid, kept, sibling = api.new_user(), fresh("KEPT"), fresh("SIBLING")
    sim.tasks.seconds = 0.3
    wanted = {"user": uid, "access_key": kept, "secret_key": "x"}
    started = api.put(at(uid, "keys"), {"keys": [wanted]})
    api.put(at(uid, "keys", sibling), secretKey="y").expect(204)
    assert sibling in key_ids(api, uid)
    assert kept not in key_ids(api, uid)
    assert api.done(started)["state"] == "FINISHED"
    assert key_ids(api, uid) == [kept]


def test_a_subuser_s_key_lies_among_the_user_s(api: Caller) -> None:
    uid, access_key = api.new_user(), fresh("SUB")
    api.done(api.post(at(uid), {"subuser": "sub", "permissions": "read"}))
    keys = at(uid, "subusers", "sub", "keys")
    api.put(f"{keys}/{access_key}", secretKey="x").expect(204)
    row = {"user": f"{uid}:sub", "access_key": access_key, "secret_key": "x"}
    assert api.get(keys).expect(200) == [row]
    assert row in api.get(at(uid, "keys")).expect(200)
    assert api.get(at(uid, "key")).expect(200)["user"] == uid
    api.delete(at(uid, "keys", access_key)).expect(500)
    api.delete(f"{keys}/{access_key}").expect(204)
    assert api.get(keys).expect(200) == []


@pytest.mark.parametrize("suspended", [True, False])
def test_a_suspended_user_s_keys_are_shown(api: Caller, suspended: bool) -> None:
    uid = api.new_user()
    api.patch(at(uid), {"suspended": suspended}).expect(204)
    assert len(key_ids(api, uid)) == 1
