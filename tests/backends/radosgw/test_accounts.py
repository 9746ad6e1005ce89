"""Accounts on the real gateway: options, steps that fail, and keys that are left over."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from storage_api.backends.access_keys import TEMPORARY, successor, temporary_key_id
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Account, Cors, CorsMethod, CorsRule, NewKey, Quota, Ref
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user
from tests.backends.radosgw.proxy import FaultyProxy

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])


def request(**more: Any) -> Any:
    parts = {"organization": "physics", "project": "atlas", "resource_uuid": str(uuid.uuid4())}
    return {**parts, **more}


def customer(lab: Lab, account: Account) -> Any:
    connection = account.connection
    return lab.s3(
        NewKey(access_key=str(connection.access_key), secret_key=str(connection.secret_key))
    )


def born_earlier(monkeypatch: pytest.MonkeyPatch, seconds: float) -> str:
    """The name of a temporary key that was made some time ago."""
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - seconds)
        return temporary_key_id()


class TestOptions:
    def test_what_is_configured_shows(self, lab: Lab) -> None:
        storage = lab.storage(
            uid_prefix="portal-",
            slug_separator="--",
            max_username_length=30,
            default_storage_limit=10**6,
            default_object_limit=5,
            s3_endpoint="https://s3.example.org",
            region="here",
        )
        fields = request(organization="A very long organization")
        account, created = storage.create_account(None, fields)
        assert created
        assert account.user.name == f"portal-a_ver--atlas--{fields['resource_uuid'][:8]}"
        assert account.user.quota == Quota(max_bytes=10**6, max_objects=5)
        assert account.connection.endpoint == "https://s3.example.org"
        assert account.connection.region == "here"
        with pytest.raises(Invalid, match="begin with 'portal-'"):
            storage.create_account(None, {"uid": "alice"})

    @pytest.mark.parametrize(
        "options",
        [
            {"max_username_length": 12, "uid_prefix": "portal-"},
            {"slug_separator": "/"},
            {"s3_endpoint": "https://s3.example.org/path"},
        ],
    )
    def test_what_cannot_work_does_not_start(self, lab: Lab, options: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="option"):
            lab.storage(**options)

    def test_the_default_limit_binds_from_the_first_write(self, lab: Lab) -> None:
        account, _ = lab.storage(default_object_limit=2).create_account(None, request())
        s3 = customer(lab, account)
        bucket = fresh("limited")
        s3.create_bucket(Bucket=bucket)
        for number in range(2):
            s3.put_object(Bucket=bucket, Key=str(number), Body=b"x")
        with pytest.raises(s3.exceptions.ClientError, match="QuotaExceeded"):
            s3.put_object(Bucket=bucket, Key="more", Body=b"x")

    def test_credentials_are_shown_where_wanted_and_never_without_a_trace(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        account, _ = storage.create_account(None, request())
        user = Ref(None, account.user.name)
        assert storage.get_account_metadata(user).connection.secret_key is None
        exposing = lab.storage(expose_credentials=True)
        with structlog.testing.capture_logs() as records:
            connection = exposing.get_account_metadata(user).connection
        assert connection == account.connection
        (record,) = [each for each in records if each["event"] == "credentials-shown"]
        assert (record["uid"], record["access_key"]) == (user.name, connection.access_key)
        assert str(connection.secret_key) not in str(records) + repr(connection)
        storage.update_user(user, {"suspended": True})
        assert exposing.get_account_metadata(user).connection.secret_key is None

    def test_a_key_is_shown_of_accounts_only(self, lab: Lab, storage: RadosgwStorage) -> None:
        exposing = lab.storage(expose_credentials=True)
        plain = new_user(storage)
        storage.create_key(plain)
        account, _ = storage.create_account(None, request())
        risen = Ref(None, account.user.name)
        lab.admin("PUT", "user", "caps", uid=risen.name, user_caps="users=read")
        us = lab.admin("GET", "user", access_key=lab.gateway.access_key)["user_id"]
        for user in (plain, risen, Ref(None, us)):
            connection = exposing.get_account_metadata(user).connection
            assert (connection.access_key, connection.secret_key) == (None, None)


class TestHalfMade:
    @pytest.mark.parametrize("forward", [False, True], ids=["not-sent", "answer-lost"])
    @pytest.mark.parametrize(
        "step", ["PUT /admin/user?uid", "PUT /admin/user?quota", "PUT /admin/user?key"]
    )
    def test_a_repeat_finishes_what_a_failed_call_left(
        self, lab: Lab, proxy: FaultyProxy, step: str, forward: bool
    ) -> None:
        storage = lab.storage(endpoint=proxy.endpoint)
        proxy.spoil(step, times=9, status=500, forward=forward)
        fields = request(storage_limit=10**6)
        try:
            account, _ = storage.create_account(None, fields)
        except BackendError:
            proxy.heal()
            account, _ = storage.create_account(None, fields)
        user = account.user
        assert user.quota == Quota(max_bytes=10**6)
        assert user.key_ids == lab.live_keys(user.name) == [account.connection.access_key]
        customer(lab, account).list_buckets()

    def test_an_administrator_is_never_an_account(self, lab: Lab, storage: RadosgwStorage) -> None:
        account, _ = storage.create_account(None, request())
        lab.admin("PUT", "user", "caps", uid=account.user.name, user_caps="users=read")
        with pytest.raises(AlreadyExists, match="administrator"):
            storage.create_account(None, {"uid": account.user.name})

    def test_a_user_of_another_tool_is_never_an_account(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        name = fresh("foreign")
        lab.admin("PUT", "user", uid=name, display_name=name, email=f"{name}@example.org")
        before = lab.user_row(name)
        with pytest.raises(AlreadyExists):
            storage.create_account(None, {"uid": name, "storage_limit": 5})
        assert lab.user_row(name) == before


class TestRotation:
    def test_a_repeat_finishes_one_that_was_broken_off(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        user = new_user(storage)
        old = storage.create_key(user)
        half = lab.admin(
            "PUT", "user", "key", uid=user.name, access_key=successor(user.name, old.access_key)
        )
        assert len(half) == 2
        made = storage.rotate_key(user, old.access_key)
        assert lab.live_keys(user.name) == [made.access_key]
        lab.s3(made).list_buckets()
        assert made.secret_key not in [row["secret_key"] for row in half]

    def test_a_name_that_another_s_key_has_is_not_taken_from_him(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        user, other = new_user(storage), new_user(storage)
        old = storage.create_key(user)
        taken = successor(user.name, old.access_key)
        lab.admin("PUT", "user", "key", uid=other.name, access_key=taken)
        with pytest.raises(Conflict, match="another user"):
            storage.rotate_key(user, old.access_key)
        assert lab.live_keys(user.name) == [old.access_key]
        assert lab.live_keys(other.name) == [taken]

    def test_each_rotation_gives_another_key(self, storage: RadosgwStorage, lab: Lab) -> None:
        user = new_user(storage)
        keys = [storage.create_key(user)]
        for _ in range(4):
            keys.append(storage.rotate_key(user, keys[-1].access_key))
        assert len({key.access_key for key in keys}) == len({key.secret_key for key in keys}) == 5
        assert lab.live_keys(user.name) == [keys[-1].access_key]

    def test_a_failure_that_surely_ended_nothing_leaves_one_key(
        self, lab: Lab, proxy: FaultyProxy
    ) -> None:
        storage = lab.storage(endpoint=proxy.endpoint)
        user = new_user(storage)
        old = storage.create_key(user)
        proxy.spoil("DELETE /admin/user?key", status=503, forward=False)
        with pytest.raises(BackendUnavailable):
            storage.rotate_key(user, old.access_key)
        assert lab.live_keys(user.name) == [old.access_key]


class TestTemporaryKeys:
    def test_those_left_over_end_with_the_next_change(
        self, lab: Lab, storage: RadosgwStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = new_user(storage)
        bucket = new_bucket(storage, user)
        (young, old) = (born_earlier(monkeypatch, seconds) for seconds in (60, 16 * 60))

        def first() -> str:
            return storage.list_keys(user)[0].access_key

        changes: list[Callable[[], object]] = [
            lambda: storage.create_key(user),
            lambda: storage.rotate_key(user, first()),
            lambda: storage.set_cors(bucket, WEB),
            lambda: storage.delete_key(user, first()),
            lambda: storage.set_cors(bucket, WEB),
        ]
        for change in changes:
            for key in (young, old):
                lab.admin("PUT", "user", "key", uid=user.name, access_key=key)
            change()
            assert [key for key in lab.live_keys(user.name) if key.startswith(TEMPORARY)] == [young]

    def test_an_account_s_missing_key_is_not_replaced_by_one(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        fields = request()
        account, _ = storage.create_account(None, fields)
        user = Ref(None, account.user.name)
        storage.delete_key(user, str(account.connection.access_key))
        lab.admin("PUT", "user", "key", uid=user.name, access_key=temporary_key_id())
        again, _ = storage.create_account(None, fields)
        assert again.user.key_ids == [again.connection.access_key]
        assert again.connection.secret_key

    def test_they_cannot_be_rotated_or_seen_as_the_user_s(
        self, lab: Lab, storage: RadosgwStorage
    ) -> None:
        user = new_user(storage)
        key = temporary_key_id()
        lab.admin("PUT", "user", "key", uid=user.name, access_key=key)
        assert storage.list_keys(user) == []
        assert storage.get_user(user).key_ids == []
        with pytest.raises(NotFound):
            storage.rotate_key(user, key)
        storage.delete_key(user, key)
        assert lab.live_keys(user.name) == [key]
