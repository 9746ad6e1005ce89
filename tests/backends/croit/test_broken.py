"""Connections that end before, after or within an answer, at every single write.

Whatever the first try came to, the repeat finishes the work: one user, with all settings
and no key but the ones that are listed.
"""

from collections.abc import Callable
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import AlreadyExists, BackendUnavailable, Conflict, NotFound
from storage_api.domain.models import Quota, Ref
from tests.backends.croit.lab import broken, live_keys, new_user, storage_of, writes
from tests.simulators.croit import CroitSimulator

KINDS = ["cut-before", "cut-after", "cut-within", "truncate", "garbage", "status"]
FIELDS: Any = {
    "display_name": "Alice",
    "email": "alice@example.org",
    "quota": Quota(max_bytes=4096, max_objects=3),
    "bucket_quota": Quota(max_objects=2),
}
ACCOUNT: Any = {
    "organization": "physics",
    "project": "atlas",
    "resource_uuid": "abc7de61ae93421cb02556ff18e18679",
    "storage_limit": 4096,
}


def each_write(work: Callable[[CroitStorage], object], prepare: Any = None) -> int:
    """How many writes the work makes when all goes well."""
    with CroitSimulator() as sim:
        storage = storage_of(sim)
        if prepare:
            prepare(storage)
        before = len(writes(sim))
        work(storage)
        return len(writes(sim)) - before


@pytest.mark.parametrize("kind", KINDS)
def test_a_user_is_made_once_and_wholly(kind: str) -> None:
    user = Ref(None, "alice")
    steps = each_write(lambda storage: storage.create_user(user, FIELDS))
    assert steps == 5  # made, rid of the key, two quotas, finished
    for number in range(1, steps + 1):
        with CroitSimulator() as sim:
            storage = storage_of(sim)
            with broken(sim, number, kind):
                storage.create_user(user, FIELDS)
            made, _ = storage.create_user(user, FIELDS)
            assert {name: getattr(made, name) for name in FIELDS} == FIELDS
            assert made.key_ids == live_keys(sim, "alice") == []
            assert storage.create_user(user, FIELDS) == (made, False)


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_is_made_once_and_its_key_is_known(kind: str) -> None:
    steps = each_write(lambda storage: storage.create_account(None, ACCOUNT))
    assert steps == 5  # made, rid of the key, quota, finished, its own key
    for number in range(1, steps + 1):
        with CroitSimulator() as sim:
            storage = storage_of(sim)
            with broken(sim, number, kind):
                storage.create_account(None, ACCOUNT)
            account, _ = storage.create_account(None, ACCOUNT)
            name = account.user.name
            assert account.user.quota == Quota(max_bytes=4096)
            assert account.user.key_ids == live_keys(sim, name) == [account.connection.access_key]
            secret = account.connection.secret_key
            if secret is None:  # the first answer told it, or was lost
                key = storage.rotate_key(Ref(None, name), account.user.key_ids[0])
                secret = key.secret_key
            (held,) = sim.store.user(name).keys
            assert held.secret_key == secret


@pytest.mark.parametrize("kind", KINDS)
def test_a_rotation_ends_with_one_key_that_somebody_knows(kind: str) -> None:
    def prepare(storage: CroitStorage) -> None:
        new_user_named(storage)

    def rotate(storage: CroitStorage) -> object:
        (old,) = storage.list_keys(Ref(None, "alice"))
        return storage.rotate_key(Ref(None, "alice"), old.access_key)

    steps = each_write(rotate, prepare)
    assert steps == 2
    for number in range(1, steps + 1):
        with CroitSimulator() as sim:
            storage = storage_of(sim)
            user, old = new_user_named(storage)
            with broken(sim, number, kind):
                storage.rotate_key(user, old)
            try:
                key = storage.rotate_key(user, old)
            except NotFound:  # it was finished
                (left,) = storage.list_keys(user)
                assert left.access_key != old
                key = storage.rotate_key(user, left.access_key)
            (held,) = sim.store.user("alice").keys
            assert (held.access_key, held.secret_key) == (key.access_key, key.secret_key)


def new_user_named(storage: CroitStorage) -> tuple[Ref, str]:
    user = Ref(None, "alice")
    storage.create_user(user, {})
    return user, storage.create_key(user).access_key


@pytest.mark.parametrize("kind", ["cut-after", "cut-within"])
def test_a_write_whose_answer_is_lost_is_looked_up(
    sim: CroitSimulator, storage: CroitStorage, kind: Any
) -> None:
    """It is not repeated, and its success is not taken for granted."""
    user = new_user(storage)
    holder = Holder(HolderKind.USER, user)
    sim.faults.add(kind=kind, method="PUT", path="*/quota")
    assert storage.set_quota(holder, Quota(max_bytes=5000)) == Quota(max_bytes=5120)
    sim.faults.add(kind=kind, method="PATCH", path="/api/s3/users/*")
    assert storage.update_user(user, {"display_name": "New"}).display_name == "New"
    sim.faults.add(kind=kind, method="PUT", path="*/keys/*")
    key = storage.create_key(user)
    (held,) = sim.store.user(user.name).keys
    assert held.secret_key == key.secret_key
    sim.faults.add(kind=kind, method="DELETE", path="*/keys/*")
    storage.delete_key(user, key.access_key)
    sim.faults.add(kind=kind, method="DELETE", path="/api/s3/users/*")
    storage.delete_user(user)
    for path in ("*/quota", "*/keys/*"):
        assert len(sim.calls("PUT", path)) == 1


def test_a_write_that_did_not_happen_is_no_success(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    user = new_user(storage)
    for method, path, call in (
        ("PUT", "*/quota", lambda: storage.set_quota(Holder(HolderKind.USER, user), Quota())),
        ("PATCH", "/api/s3/users/*", lambda: storage.update_user(user, {"suspended": True})),
        ("PUT", "*/keys/*", lambda: storage.create_key(user)),
        ("DELETE", "/api/s3/users/*", lambda: storage.delete_user(user)),
    ):
        before = len(sim.calls(method, path))
        sim.faults.add(kind="cut-before", method=method, path=path)
        with pytest.raises(BackendUnavailable, match="cut the connection"):
            call()
        assert len(sim.calls(method, path)) == before + 1
    assert storage.get_user(user).suspended is False
    assert live_keys(sim, user.name) == []


def test_a_half_made_user_is_used_for_nothing(sim: CroitSimulator, storage: CroitStorage) -> None:
    user = Ref(None, "alice")
    with broken(sim, 2, "cut-before"):
        storage.create_user(user, FIELDS)
    for use in (
        lambda: storage.create_key(user),
        lambda: storage.update_user(user, {"display_name": "Eve"}),
        lambda: storage.create_bucket(Ref(None, "bucket"), {"owner": "alice"}),
    ):
        with pytest.raises(Conflict, match="half made"):
            use()
    storage.delete_user(user)
    assert storage.list_users(None) == []


def test_a_half_made_account_is_nobody_else_s(sim: CroitSimulator, storage: CroitStorage) -> None:
    fields: Any = {"uid": "alice"}
    with broken(sim, 2, "cut-before"):
        storage.create_account(None, fields)
    with pytest.raises(AlreadyExists, match="account"):
        storage.create_user(Ref(None, "alice"), {})
    assert storage.create_account(None, fields)[1] is False
    assert storage.create_account(None, ACCOUNT)[1] is True
