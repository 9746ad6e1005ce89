"""Users and keys on a real gateway."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendRefused,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Quota, Ref
from storage_api.domain.secrets import Secret
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user, refusal


def at_once(calls: list[Any]) -> list[Any]:
    """What each call gives or raises when all begin at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Any) -> Any:
        barrier.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_user_has_every_setting_that_was_asked_for(storage: RadosgwStorage) -> None:
    user = Ref(None, fresh("user"))
    fields: Any = {
        "display_name": "Älice + & = #? 😀 日本",
        "email": f"{user.name}@Example.org",
        "max_buckets": 0,
        "suspended": True,
        "quota": Quota(max_bytes=12_345, max_objects=3),
        "bucket_quota": Quota(max_bytes=None, max_objects=7, enabled=False),
    }
    made, created = storage.create_user(user, fields)
    assert created
    assert made.display_name == fields["display_name"]
    assert made.email == f"{user.name}@example.org"
    assert (made.max_buckets, made.suspended, made.key_ids) == (0, True, [])
    assert (made.quota, made.bucket_quota) == (fields["quota"], fields["bucket_quota"])
    assert storage.create_user(user, fields) == (made, False)
    with pytest.raises(AlreadyExists, match="quota"):
        storage.create_user(user, fields | {"quota": Quota(max_bytes=1)})


def test_no_limit_and_no_bucket_are_different_things(storage: RadosgwStorage) -> None:
    for limit in (None, 0, 1, 2**31 - 1, None):
        user = new_user(storage, max_buckets=limit)
        assert storage.get_user(user).max_buckets == limit
        assert storage.update_user(user, {"max_buckets": 5}).max_buckets == 5
        assert storage.update_user(user, {"max_buckets": limit}).max_buckets == limit


def _refuse(*_: Any) -> None:
    raise BackendRefused("no")


@pytest.mark.parametrize("name", ["storage-api-namespace", "anonymous"])
def test_reserved_names_are_refused(storage: RadosgwStorage, name: str) -> None:
    with pytest.raises(Invalid, match="reserved"):
        storage.create_user(Ref(None, name), {})
    with pytest.raises(NotFound):
        storage.get_user(Ref(None, "storage-api-namespace"))


def test_more_than_a_thousand_users_are_all_listed(storage: RadosgwStorage, lab: Lab) -> None:
    tenant = fresh("crowd")
    names = [f"u{number}" for number in range(1001)]

    def make(name: str) -> None:
        lab.admin("PUT", "user", uid=f"{tenant}${name}", display_name=name, generate_key=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, names))
    assert {user.name for user in storage.list_users(tenant)} == set(names)
    assert tenant in {namespace.name for namespace in storage.list_namespaces()}


class TestOwnership:
    """Administrators and users without the prefix are shown, and left alone."""

    def test_an_administrator_is_left_alone(self, storage: RadosgwStorage, lab: Lab) -> None:
        name = fresh("boss")
        caps = "buckets=read"
        lab.admin("PUT", "user", uid=name, display_name=name, user_caps=caps)
        boss = Ref(None, name)
        before = lab.user_row(name)
        key = storage.list_keys(boss)[0].access_key
        for change in _every_write(storage, boss, key):
            with pytest.raises(Conflict, match="administrator"):
                change()
        with pytest.raises(AlreadyExists):
            storage.create_user(boss, {})
        assert lab.user_row(name) == before

    def test_our_own_administrator_is_left_alone(self, storage: RadosgwStorage, lab: Lab) -> None:
        for change in _every_write(storage, Ref(None, "admin"), lab.gateway.access_key):
            with pytest.raises(Conflict, match="administrator"):
                change()
        storage.probe()

    def test_a_user_without_the_prefix_is_left_alone(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        careful = lab.storage(uid_prefix="svc-")
        foreign = new_user(storage)
        key = storage.create_key(foreign).access_key
        bucket = new_bucket(storage, foreign)
        assert careful.get_user(foreign).name == foreign.name
        assert careful.get_bucket(bucket).owner == foreign.name
        for change in _every_write(careful, foreign, key):
            with pytest.raises(Conflict, match="svc-"):
                change()
        for touch in (
            lambda: careful.delete_bucket(bucket),
            lambda: careful.update_bucket(bucket, {"tags": {"a": "b"}}),
            lambda: careful.delete_cors(bucket),
        ):
            with pytest.raises(Conflict, match="svc-"):
                touch()
        with pytest.raises(Invalid, match="svc-"):
            careful.create_user(Ref(None, fresh("user")), {})
        made = Ref(None, fresh("svc-"))
        assert careful.create_user(made, {})[1]
        careful.delete_user(made)


def _every_write(storage: RadosgwStorage, user: Ref, key: str) -> list[Any]:
    return [
        lambda: storage.update_user(user, {"suspended": True}),
        lambda: storage.delete_user(user),
        lambda: storage.create_key(user),
        lambda: storage.delete_key(user, key),
        lambda: storage.rotate_key(user, key),
        lambda: storage.set_quota(Holder(HolderKind.USER, user), Quota(max_bytes=0)),
        lambda: storage.create_bucket(Ref(user.namespace, fresh("bucket")), {"owner": user.name}),
    ]


class TestKeys:
    def test_rgw_makes_the_secret_and_the_key_works(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        user = new_user(storage)
        made = storage.create_key(user)
        assert made.active
        assert len(made.secret_key) >= 40
        assert lab.s3(made).list_buckets()["Buckets"] == []
        storage.delete_key(user, made.access_key)
        assert refusal(lab.s3(made).list_buckets) == "InvalidAccessKeyId"

    def test_sub_users_keys_are_neither_seen_nor_touched(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        user = new_user(storage)
        old = storage.create_key(user)
        lab.admin(
            "PUT", "user", uid=user.name, subuser=f"{user.name}:sub",
            key_type="s3", access="full", generate_secret="True",
        )  # fmt: skip
        sub = next(
            row["access_key"]
            for row in lab.user_row(user.name)["keys"]
            if row["user"] == f"{user.name}:sub"
        )
        assert [key.access_key for key in storage.list_keys(user)] == [old.access_key]
        new = storage.rotate_key(user, old.access_key)
        storage.delete_key(user, sub)
        with pytest.raises(NotFound):
            storage.rotate_key(user, sub)
        held = {row["access_key"] for row in lab.user_row(user.name)["keys"]}
        assert held == {sub, new.access_key}

    def test_of_rotations_by_different_services_one_succeeds(self, lab: Lab) -> None:
        """Back-ends of their own, as in several processes."""
        storages = [lab.storage() for _ in range(6)]
        user = new_user(storages[0])
        old = storages[0].create_key(user).access_key
        results = at_once([lambda each=each: each.rotate_key(user, old) for each in storages])
        won = [result for result in results if not isinstance(result, Exception)]
        assert len(won) == 1, results
        assert all(isinstance(each, NotFound) for each in results if each is not won[0])
        assert [key.access_key for key in storages[0].list_keys(user)] == [won[0].access_key]

    def test_a_rotation_whose_old_key_somebody_else_ends_meanwhile_counts(
        self, storage: RadosgwStorage, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As another host does it, whose lock is not ours."""
        user = new_user(storage)
        old = storage.create_key(user).access_key
        make = storage._make_key

        def ended_meanwhile(*args: Any, **kwargs: Any) -> Any:
            made = make(*args, **kwargs)
            lab.admin("DELETE", "user", "key", uid=user.name, access_key=old)
            return made

        monkeypatch.setattr(storage, "_make_key", ended_meanwhile)
        made = storage.rotate_key(user, old)
        assert [key.access_key for key in storage.list_keys(user)] == [made.access_key]
        lab.s3(made).list_buckets()

    def test_a_suspended_user_s_keys_are_not_active(self, storage: RadosgwStorage) -> None:
        user = new_user(storage, suspended=True)
        assert storage.create_key(user).active is False
        assert [key.active for key in storage.list_keys(user)] == [False]


class TestDeadCredential:
    """RGW answers 403 InvalidAccessKeyId both for an absent key and for our own dead one."""

    @pytest.fixture
    def dead(self, lab: Lab) -> RadosgwStorage:
        name = fresh("deadadmin")
        row = lab.admin("PUT", "user", uid=name, display_name=name, user_caps="users=*;buckets=*")
        key = row["keys"][0]
        options = {
            "admin_access_key": key["access_key"],
            "admin_secret_key": Secret(key["secret_key"]),
        }
        storage = lab.storage(**options)
        storage.probe()
        lab.admin("DELETE", "user", "key", uid=name, access_key=key["access_key"])
        return storage

    def test_nothing_reads_as_gone_or_done(
        self, storage: RadosgwStorage, dead: RadosgwStorage, lab: Lab
    ) -> None:
        user = new_user(storage)
        key = storage.create_key(user).access_key
        bucket = new_bucket(storage, user)
        for call in (
            dead.probe,
            lambda: dead.get_user(user),
            lambda: dead.get_user(Ref(None, fresh("absent"))),
            lambda: dead.list_users(None),
            lambda: dead.delete_user(user),
            lambda: dead.delete_key(user, key),
            lambda: dead.delete_key(user, "ABSENT"),
            lambda: dead.rotate_key(user, key),
            lambda: dead.get_bucket(bucket),
            lambda: dead.delete_bucket(bucket),
            lambda: dead.delete_bucket(Ref(None, fresh("absent"))),
            lambda: dead.delete_namespace(fresh("absent")),
            lambda: dead.create_user(Ref(None, fresh("user")), {}),
            dead.list_namespaces,
            dead.get_capacity,
        ):
            with pytest.raises(BackendRefused, match="access key"):
                call()
        assert [row["access_key"] for row in lab.user_row(user.name)["keys"]] == [key]
        storage.get_bucket(bucket)

    def test_a_key_that_dies_during_the_call_is_not_taken_for_a_deleted_one(
        self, storage: RadosgwStorage, dead: RadosgwStorage
    ) -> None:
        user = new_user(storage)
        key = storage.create_key(user).access_key
        with pytest.raises(BackendRefused):
            dead._admin.delete_key(user.name, key)
        assert storage.get_user(user).key_ids == [key]

    def test_a_wrong_secret_is_told_apart(self, lab: Lab) -> None:
        with pytest.raises(BackendRefused, match="secret key"):
            lab.storage(admin_secret_key=Secret("wrong")).probe()

    @pytest.mark.parametrize("caps", ["users=read;buckets=*", "users=*", "buckets=*"])
    def test_a_missing_capability_is_named_by_the_probe(self, lab: Lab, caps: str) -> None:
        name = fresh("weakadmin")
        row = lab.admin("PUT", "user", uid=name, display_name=name, user_caps=caps)
        key = row["keys"][0]
        weak = lab.storage(
            admin_access_key=key["access_key"], admin_secret_key=Secret(key["secret_key"])
        )
        with pytest.raises(BackendRefused, match=r"users=\*|buckets=\*"):
            weak.probe()

    @pytest.mark.parametrize("path", ["nowhere", "swift"])
    def test_a_wrong_admin_path_is_no_empty_cluster(self, lab: Lab, path: str) -> None:
        lost = lab.storage(admin_path=path)
        for call in (
            lost.probe,
            lambda: lost.get_user(Ref(None, "x")),
            lambda: lost.delete_bucket(Ref(None, "xxx")),
        ):
            with pytest.raises(BackendError):
                call()
