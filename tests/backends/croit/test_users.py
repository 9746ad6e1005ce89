"""Users and keys over croit, with its oddities."""

import json
import re
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendMisbehaved,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Quota, Ref
from tests.backends.croit.lab import (
    at_once,
    fresh,
    live_keys,
    new_user,
    plant_bucket,
    storage_of,
    writes,
)
from tests.simulators.croit import CroitSimulator
from tests.simulators.croit.records import NewUser

LIMITED = Quota(max_bytes=5_000_000_000, max_objects=3)


@pytest.mark.parametrize("status", [201, 204])
def test_the_key_that_nobody_asked_for_is_gone(
    sim: CroitSimulator, storage: CroitStorage, status: Any
) -> None:
    sim.settings.created_status = status
    user = new_user(storage, display_name="Älice & + = #? 😀")
    assert live_keys(sim, user.name) == []
    assert storage.get_user(user).display_name == "Älice & + = #? 😀"


def test_a_user_has_every_setting_that_was_asked_for(storage: CroitStorage) -> None:
    user = Ref(None, "all.of@it")
    fields: Any = {
        "display_name": "Alice",
        "email": "alice@example.org",
        "suspended": True,
        "max_buckets": None,
        "quota": LIMITED,
        "bucket_quota": Quota(max_bytes=None, max_objects=0, enabled=False),
    }
    made, created = storage.create_user(user, fields)
    assert created
    assert (made.display_name, made.email, made.suspended) == ("Alice", "alice@example.org", True)
    assert made.quota == Quota(max_bytes=5_000_000_512, max_objects=3)
    assert made.bucket_quota == fields["bucket_quota"]
    assert made.max_buckets is None
    assert storage.create_user(user, fields) == (made, False)
    with pytest.raises(AlreadyExists, match="quota"):
        storage.create_user(user, fields | {"quota": Quota(max_bytes=1)})


def test_a_limit_that_croit_lacks_is_refused(storage: CroitStorage) -> None:
    user = new_user(storage)
    with pytest.raises(Invalid, match="max_buckets"):
        storage.update_user(user, {"max_buckets": 0})
    with pytest.raises(Invalid, match="soft"):
        storage.set_quota(Holder(HolderKind.USER, user), Quota(soft_bytes=5))


def test_a_dimension_that_is_not_asked_for_is_unlimited(storage: CroitStorage) -> None:
    """§5.3: a quota of objects only leaves the size unlimited; nothing of the former stays."""
    holder = Holder(HolderKind.USER, new_user(storage))
    storage.set_quota(holder, Quota(max_bytes=1024, max_objects=5))
    assert storage.set_quota(holder, Quota(max_objects=7)) == Quota(max_objects=7)
    assert storage.set_quota(holder, Quota(max_bytes=0)) == Quota(max_bytes=0)
    assert storage.set_quota(holder, Quota()) == Quota()


@pytest.mark.parametrize("status", [409, 500])
def test_an_address_in_use_is_a_conflict(
    sim: CroitSimulator, storage: CroitStorage, status: Any
) -> None:
    sim.settings.duplicate_status = status
    new_user(storage, email="one@example.org")
    other = new_user(storage)
    with pytest.raises(Conflict, match="e-mail"):
        storage.update_user(other, {"email": "One@example.org"})
    absent = Ref(None, fresh("user"))
    with pytest.raises(Conflict, match="e-mail"):
        storage.create_user(absent, {"email": "one@example.org"})
    with pytest.raises(NotFound):
        storage.get_user(absent)


@pytest.mark.parametrize("status", [409, 500])
@pytest.mark.parametrize("message", ["user: x exists", "email: y is the email address of x"])
def test_a_duplicate_that_turns_up_late_is_told(
    sim: CroitSimulator, storage: CroitStorage, status: int, message: str
) -> None:
    """Nobody is there when it is looked, and croit says that somebody is."""
    sim.refuse("POST", "/api/s3/users", status, message)
    user = Ref(None, fresh("user"))
    with pytest.raises((Conflict, BackendError), match=r"belongs to another|HTTP"):
        storage.create_user(user, {"email": "y@example.org"})
    assert storage.create_user(user, {"email": "y@example.org"})[1]


def test_users_of_other_tools_are_left_alone(sim: CroitSimulator) -> None:
    sim.store.create_user(NewUser("somebody", "Somebody"))
    storage = storage_of(sim, user_prefix="waldur_")
    foreign = Ref(None, "somebody")
    (key,) = storage.list_keys(foreign)
    for change in (
        lambda: storage.update_user(foreign, {"suspended": True}),
        lambda: storage.delete_user(foreign),
        lambda: storage.create_key(foreign),
        lambda: storage.delete_key(foreign, key.access_key),
        lambda: storage.rotate_key(foreign, key.access_key),
        lambda: storage.set_quota(Holder(HolderKind.USER, foreign), LIMITED),
    ):
        with pytest.raises(Conflict, match="waldur_"):
            change()
    with pytest.raises(Invalid, match="waldur_"):
        storage.create_user(Ref(None, "other"), {})
    assert writes(sim) == []


def test_an_owner_of_buckets_stays_and_they_are_named(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    user = new_user(storage)
    bucket = plant_bucket(sim, user.name)
    with pytest.raises(Conflict, match=bucket.name):
        storage.delete_user(user)
    assert not sim.calls("DELETE", f"/api/s3/users/{user.name}")


def test_a_bucket_that_was_made_since_the_look_keeps_the_user(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    user = new_user(storage)
    path = f"/api/s3/users/{user.name}"
    sim.refuse("DELETE", path, 500, "Unable to remove user with buckets.")
    with pytest.raises(Conflict, match="still owns"):
        storage.delete_user(user)
    assert storage.get_user(user).name == user.name
    storage.delete_user(user)
    storage.delete_user(user)


def test_more_than_a_thousand_users_are_all_listed(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    names = {f"u{number:04}" for number in range(1001)}
    for name in names:
        sim.store.create_user(NewUser(name, name))
    assert {user.name for user in storage.list_users(None)} == names


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pages_that_nobody_asked_for_are_put_together(
    sim: CroitSimulator, storage: CroitStorage, size: int
) -> None:
    """§5.3: paged and bare replies mean the same."""
    names = [f"u{number:02}" for number in range(20)]
    for name in names:
        sim.store.create_user(NewUser(name, name))
    rows = storage._croit.list_users()
    first = {"data": rows[:size], "total": 20, "after": 0, "limit": size}
    sim.faults.add(kind="garbage", path="/api/s3/users", body=json.dumps(first))
    assert [user.name for user in storage.list_users(None)] == names


def test_a_list_that_does_not_end_is_misbehaviour(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    page = {"data": [], "total": 20, "after": 0, "limit": 10}
    sim.faults.add(kind="garbage", path="/api/s3/users", body=json.dumps(page), times=None)
    with pytest.raises(BackendMisbehaved, match="croit's list does not come to its end"):
        storage.list_users(None)


class TestKeys:
    def test_a_key_is_of_the_published_form(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        made = storage.create_key(user)
        assert re.fullmatch(r"[A-Z0-9]{20}", made.access_key)
        assert re.fullmatch(r"[A-Za-z0-9_-]{40}", made.secret_key)
        (held,) = sim.store.user(user.name).keys
        assert (held.access_key, held.secret_key) == (made.access_key, made.secret_key)

    def test_keys_of_sub_users_are_neither_shown_nor_touched(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        """§5.3: rotation with a sub-user key present."""
        user = new_user(storage)
        sim.store.put_subuser(user.name, "sub", "read")
        sim.store.put_key(user.name, "SUBUSERSKEY", "secret", "sub")
        old = storage.create_key(user).access_key
        new = storage.rotate_key(user, old).access_key
        assert [key.access_key for key in storage.list_keys(user)] == [new]
        storage.delete_key(user, "SUBUSERSKEY")
        with pytest.raises(NotFound):
            storage.rotate_key(user, "SUBUSERSKEY")
        storage.delete_key(user, new)
        assert [key.access_key for key in sim.store.user(user.name).keys] == ["SUBUSERSKEY"]

    def test_a_key_that_is_gone_is_done_without_asking(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        other = new_user(storage)
        key = storage.create_key(other).access_key
        before = len(writes(sim))
        storage.delete_key(user, "ABSENT")
        storage.delete_key(user, key)
        assert len(writes(sim)) == before
        assert live_keys(sim, other.name) == [key]

    def test_a_key_that_goes_between_look_and_deletion_is_done(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        key = storage.create_key(user).access_key
        path = f"/api/s3/users/{user.name}/keys/{key}"
        sim.refuse("DELETE", path, 500, "could not remove key: unable to find access key")
        with pytest.raises(
            BackendUnavailable, match="HTTP 500"
        ):  # it is there: croit did not mean it
            storage.delete_key(user, key)
        assert live_keys(sim, user.name) == [key]

    def test_of_rotations_at_once_one_succeeds(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        """§5.3: rotate twice concurrently."""
        user = new_user(storage)
        old = storage.create_key(user).access_key
        sim.latency = 0.01
        found = at_once([lambda: storage.rotate_key(user, old)] * 4)
        (made,) = [each for each in found if not isinstance(each, Exception)]
        assert all(isinstance(each, NotFound) for each in found if each is not made)
        (held,) = sim.store.user(user.name).keys
        assert (held.access_key, held.secret_key) == (made.access_key, made.secret_key)

    def test_the_whole_set_is_never_replaced(
        self, sim: CroitSimulator, storage: CroitStorage
    ) -> None:
        user = new_user(storage)
        storage.rotate_key(user, storage.create_key(user).access_key)
        assert ("PUT", f"/api/s3/users/{user.name}/keys") not in writes(sim)

    def test_a_suspended_user_gets_keys_that_do_not_work_yet(self, storage: CroitStorage) -> None:
        user = new_user(storage, suspended=True)
        assert storage.create_key(user).active is False
        assert [key.active for key in storage.list_keys(user)] == [False]
        assert storage.get_user(user).suspended


def test_every_value_is_encoded_in_a_path(sim: CroitSimulator, storage: CroitStorage) -> None:
    user = Ref("lab", "a.b@c")
    storage.create_namespace("lab", {})
    storage.create_user(user, {})
    storage.create_key(user)
    assert sim.calls("PUT", "/api/s3/users/lab$a.b@c/keys/*")
    assert storage.get_user(user).id == "lab$a.b@c"
