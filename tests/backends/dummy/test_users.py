"""Object users and their keys."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.domain.errors import AlreadyExists, Conflict, NotFound
from storage_api.domain.models import Key, Quota, Ref, User
from storage_api.domain.requests import UserCreate
from tests.backends.dummy.processes import threaded

ALICE = Ref(None, "alice")

EVERYTHING = UserCreate(
    display_name="Alice Liddell",
    email="alice@example.org",
    suspended=True,
    max_buckets=None,
    quota=Quota(max_bytes=7),
    bucket_quota=Quota(max_objects=0),
)


@pytest.fixture
def alice(dummy: DummyStorage) -> User:
    return dummy.create_user(ALICE, {})[0]


def test_a_user_can_be_made_of_a_name_alone(dummy: DummyStorage, alice: User) -> None:
    assert alice == User(
        name="alice",
        id="alice",
        display_name="alice",
        suspended=False,
        max_buckets=1000,
        key_ids=[],
        quota=Quota(),
        bucket_quota=Quota(),
    )
    assert dummy.get_user(ALICE) == alice
    assert dummy.list_users(None) == [alice]


def test_every_setting_is_kept_and_can_be_asked_for_again(dummy: DummyStorage) -> None:
    made, new = dummy.create_user(ALICE, EVERYTHING)
    assert new
    assert {key: getattr(made, key) for key in EVERYTHING} == EVERYTHING
    assert dummy.get_user(ALICE) == made
    assert dummy.create_user(ALICE, EVERYTHING) == (made, False)
    assert dummy.create_user(ALICE, {}) == (made, False)
    with pytest.raises(AlreadyExists, match="another email, max_buckets"):
        dummy.create_user(ALICE, {**EVERYTHING, "email": None, "max_buckets": 3})


def test_namesakes_in_other_namespaces_are_others(dummy: DummyStorage, alice: User) -> None:
    dummy.create_namespace("physics", {})
    namesake, new = dummy.create_user(Ref("physics", "alice"), {"max_buckets": 3})
    assert new
    assert namesake.id == "physics$alice"
    assert dummy.list_users("physics") == [namesake]
    assert dummy.list_users(None) == [alice]
    key = dummy.create_key(Ref("physics", "alice"))
    assert dummy.list_keys(ALICE) == []
    dummy.delete_key(ALICE, key.access_key)
    assert len(dummy.list_keys(Ref("physics", "alice"))) == 1


def test_an_address_belongs_to_one_user_of_all(dummy: DummyStorage) -> None:
    dummy.create_namespace("physics", {})
    dummy.create_user(ALICE, {"email": "a@example.org"})
    namesake = Ref("physics", "alice")
    with pytest.raises(Conflict, match="another user"):
        dummy.create_user(namesake, {"email": "a@example.org"})
    dummy.create_user(namesake, {})
    with pytest.raises(Conflict, match="another user"):
        dummy.update_user(namesake, {"email": "a@example.org"})
    dummy.update_user(ALICE, {"email": "a@example.org"})
    dummy.update_user(ALICE, {"email": None})
    assert dummy.update_user(namesake, {"email": "a@example.org"}).email == "a@example.org"


def test_a_change_leaves_the_rest_alone(dummy: DummyStorage) -> None:
    made, _ = dummy.create_user(ALICE, EVERYTHING)
    for _ in range(2):
        changed = dummy.update_user(ALICE, {"suspended": False})
        assert vars(changed) == vars(made) | {"suspended": False}


def test_an_owner_of_buckets_stays(dummy: DummyStorage, alice: User) -> None:
    for number in range(12):
        dummy.create_bucket(Ref(None, f"bucket{number:02}"), {"owner": "alice"})
    with pytest.raises(Conflict, match=r"bucket00, .*, bucket09, … \(12 in all\)"):
        dummy.delete_user(ALICE)
    for number in range(12):
        dummy.delete_bucket(Ref(None, f"bucket{number:02}"))
    dummy.create_key(ALICE)
    for _ in range(2):
        dummy.delete_user(ALICE)
    dummy.create_user(ALICE, {})
    assert dummy.list_keys(ALICE) == []


def test_a_key_is_random_and_listed_without_its_secret(dummy: DummyStorage, alice: User) -> None:
    made = [dummy.create_key(ALICE) for _ in range(5)]
    for key in made:
        assert re.fullmatch(r"[A-Z0-9]{20}", key.access_key)
        assert re.fullmatch(r"[A-Za-z0-9_-]{40}", key.secret_key)
    assert len({key.secret_key for key in made}) == 5
    assert dummy.list_keys(ALICE) == [
        Key(access_key=key.access_key, active=True, created=key.created) for key in made
    ]
    assert dummy.get_user(ALICE).key_ids == [key.access_key for key in made]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    dummy = DummyStorage(DummyOptions(tmp_path / "dummy.sqlite"))
    dummy.create_user(ALICE, {})
    key = dummy.rotate_key(ALICE, dummy.create_key(ALICE).access_key)
    with sqlite3.connect(tmp_path / "dummy.sqlite") as db:
        dump = "\n".join(db.iterdump())
    db.close()
    assert key.access_key in dump
    assert key.secret_key not in dump


def test_a_deleted_key_is_gone(dummy: DummyStorage, alice: User) -> None:
    kept, gone = (dummy.create_key(ALICE).access_key for _ in range(2))
    for _ in range(2):
        dummy.delete_key(ALICE, gone)
        assert [key.access_key for key in dummy.list_keys(ALICE)] == [kept]
        assert dummy.get_user(ALICE).key_ids == [kept]


def test_of_rotations_at_once_one_succeeds(dummy: DummyStorage, alice: User) -> None:
    old = dummy.create_key(ALICE).access_key

    def rotate(_: int) -> str | None:
        try:
            return dummy.rotate_key(ALICE, old).access_key
        except NotFound:
            return None

    new = [key for key in threaded(8, rotate) if key]
    assert len(new) == 1
    assert dummy.get_user(ALICE).key_ids == new == [dummy.list_keys(ALICE)[0].access_key]


def test_an_absent_user_is_not_found(dummy: DummyStorage) -> None:
    calls: list[Callable[[], object]] = [
        lambda: dummy.get_user(ALICE),
        lambda: dummy.update_user(ALICE, {}),
        lambda: dummy.list_keys(ALICE),
        lambda: dummy.create_key(ALICE),
        lambda: dummy.delete_key(ALICE, "x"),
        lambda: dummy.rotate_key(ALICE, "x"),
        lambda: dummy.list_users("absent"),
        lambda: dummy.create_user(Ref("absent", "alice"), {}),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()
