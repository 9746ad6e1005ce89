"""Answers that read as something else than they are.

A 200 of somebody in between (a sign-on page, a proxy) to a write that never took place; a
failure whose text repeats a name that sounds like a reason.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendMisbehaved, BackendUnavailable, Conflict
from storage_api.domain.models import Quota, Ref
from tests.backends.croit.lab import live_keys, new_user, plant_bucket, writes
from tests.simulators.croit import CroitSimulator

PAGES = [b"<html>Please sign on</html>", b"", b"{}", b'{"status": "ok"}']


def lie(sim: CroitSimulator, body: bytes, method: str, path: str) -> None:
    sim.faults.add(kind="status", status=200, body=body, method=method, path=path)


@pytest.mark.parametrize("body", PAGES)
def test_a_rotation_keeps_the_key_that_works(
    sim: CroitSimulator, storage: CroitStorage, body: bytes
) -> None:
    user = new_user(storage)
    old = storage.create_key(user)
    lie(sim, body, "PUT", "*/keys/*")
    with pytest.raises(BackendMisbehaved):
        storage.rotate_key(user, old.access_key)
    assert live_keys(sim, user.name) == [old.access_key]


@pytest.mark.parametrize("body", PAGES)
def test_no_limit_is_told_that_does_not_hold(
    sim: CroitSimulator, storage: CroitStorage, body: bytes
) -> None:
    user = new_user(storage)
    lie(sim, body, "PUT", "*/quota")
    with pytest.raises(BackendMisbehaved):
        storage.set_quota(Holder(HolderKind.USER, user), Quota(max_bytes=1024))
    lie(sim, body, "PUT", "*/quota")
    account: Any = {"uid": "limited", "storage_limit": 1024}
    with pytest.raises(BackendMisbehaved):
        storage.create_account(None, account)
    assert live_keys(sim, "limited") == []
    assert storage.create_account(None, account)[0].user.quota == Quota(max_bytes=1024)


@pytest.mark.parametrize("body", PAGES)
def test_nothing_is_gone_that_is_there(
    sim: CroitSimulator, storage: CroitStorage, body: bytes
) -> None:
    owner, user = new_user(storage), new_user(storage)
    bucket = Ref(None, plant_bucket(sim, owner.name).name)
    key = storage.create_key(user).access_key
    storage.update_user(owner, {"suspended": True})
    gone: list[tuple[str, Callable[[], None]]] = [
        ("*/keys/*", lambda: storage.delete_key(user, key)),
        ("/api/s3/users/*", lambda: storage.delete_user(user)),
        ("/api/s3/buckets/*", lambda: storage.delete_bucket(bucket)),
    ]
    for path, call in gone:
        lie(sim, body, "DELETE", path)
        before = len(writes(sim))
        with pytest.raises(BackendMisbehaved):
            call()
        assert len(writes(sim)) == before + 1
    assert live_keys(sim, user.name) == [key]
    assert [row.name for row in sim.store.buckets()] == [bucket.name]


def test_a_write_that_took_place_is_looked_up(sim: CroitSimulator, storage: CroitStorage) -> None:
    user = new_user(storage)
    before = len(writes(sim))
    sim.faults.add(kind="garbage", method="PUT", path="*/keys/*")
    key = storage.create_key(user)
    assert live_keys(sim, user.name) == [key.access_key]
    assert len(writes(sim)) == before + 1


@pytest.mark.parametrize("name", ["email-team", "existential", "no-such-lab", "Duplicate"])
def test_a_name_is_no_reason(sim: CroitSimulator, storage: CroitStorage, name: str) -> None:
    user = Ref(None, name)
    body = json.dumps({"code": 500, "message": f"Something broke while changing {name}."})

    def fail(method: str, path: str) -> None:
        sim.faults.add(kind="status", status=500, body=body, method=method, path=path)

    fail("POST", "/api/s3/users")
    with pytest.raises(BackendUnavailable):
        storage.create_user(user, {})
    storage.create_user(user, {})
    fail("PUT", "*/keys/*")
    with pytest.raises(BackendUnavailable):
        storage.create_key(user)
    fail("PATCH", "/api/s3/users/*")
    with pytest.raises(BackendUnavailable):
        storage.update_user(user, {"suspended": True})
    fail("GET", "*/keys")
    with pytest.raises(BackendUnavailable):
        storage.list_keys(user)


@pytest.mark.parametrize("name", ["user", "a", "exist", "with"])
def test_a_name_hides_no_reason(sim: CroitSimulator, storage: CroitStorage, name: str) -> None:
    user = Ref(None, name)
    storage.create_user(user, {})
    plant_bucket(sim, name)
    sim.faults.add(kind="garbage", path="*/buckets", body="[]")
    with pytest.raises(Conflict, match="still owns"):
        storage.delete_user(user)
    body = json.dumps({"code": 500, "message": f"The key of {name} exists already."})
    sim.faults.add(kind="status", status=500, body=body, method="PUT", path="*/keys/*")
    with pytest.raises(Conflict, match="belongs to another user"):
        storage.create_key(user)
