"""A gateway that is slow, dead, or whose answers are lost or wrong."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.backends.s3 import S3Key
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
)
from storage_api.domain.models import Cors, CorsMethod, CorsRule, Quota, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.context import serving
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user
from tests.backends.radosgw.proxy import FaultyProxy
from tests.services.ceph import CephCluster

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])


@pytest.fixture
def hasty(lab: Lab) -> RadosgwStorage:
    return lab.storage(read_timeout=1.0, connect_timeout=1.0)


@pytest.fixture
def spoilt(lab: Lab, proxy: FaultyProxy) -> RadosgwStorage:
    return lab.storage(endpoint=proxy.endpoint, read_timeout=5.0)


class TestPausedGateway:
    @pytest.fixture
    def paused(self, ceph: CephCluster, hasty: RadosgwStorage) -> Iterator[RadosgwStorage]:
        self.owner = new_user(hasty)
        hasty.create_key(self.owner)
        self.bucket = new_bucket(hasty, self.owner)
        ceph.pause()
        try:
            yield hasty
        finally:
            ceph.resume()
        assert hasty.get_bucket(self.bucket).owner == self.owner.name

    def test_every_call_ends_in_time(self, paused: RadosgwStorage) -> None:
        for call in (paused.probe, lambda: paused.get_bucket(self.bucket)):
            began = time.monotonic()
            with pytest.raises(BackendTimeout):
                call()
            assert time.monotonic() - began < 2

    def test_so_does_the_s3_side(self, paused: RadosgwStorage, lab: Lab) -> None:
        seen = paused._s3.bucket(S3Key("AK", Secret("SK")), "any")
        # The second is for making the client, which takes a busy machine a while.
        for deadline, at_most in ((60, 2.0), (0.6, 2.0), (0.6, 0.9)):
            began = time.monotonic()
            with serving("r", seconds=deadline), pytest.raises(BackendTimeout):
                seen.versioning()
            assert time.monotonic() - began < at_most

    def test_a_used_up_deadline_starts_nothing(self, paused: RadosgwStorage) -> None:
        with serving("r", seconds=0), pytest.raises(BackendTimeout):
            paused.probe()

    def test_a_write_that_gets_no_answer_is_sent_once(
        self, paused: RadosgwStorage, ceph: CephCluster, lab: Lab
    ) -> None:
        name = fresh("user")
        with pytest.raises(BackendTimeout):
            paused.create_user(Ref(None, name), {})
        ceph.resume()
        assert name not in lab.uids()


class TestKilledGateway:
    def test_it_is_unavailable_and_fine_after_the_restart(
        self, ceph: CephCluster, hasty: RadosgwStorage
    ) -> None:
        owner = new_user(hasty)
        hasty.create_key(owner)
        bucket = new_bucket(hasty, owner)
        ceph.kill_gateway()
        try:
            for call in (hasty.probe, lambda: hasty.delete_user(owner)):
                with pytest.raises(BackendUnavailable):
                    call()
            began = time.monotonic()
            with pytest.raises(BackendUnavailable) as raised:
                hasty.get_bucket(bucket)
            assert time.monotonic() - began < 0.1, "the breaker is open and nobody waits"
            assert raised.value.retry_after
        finally:
            ceph.restart_gateway()
        assert RadosgwStorage(hasty._options).get_bucket(bucket).owner == owner.name

    def test_the_s3_side_says_the_same(self, ceph: CephCluster, lab: Lab) -> None:
        storage = lab.storage(connect_timeout=1.0)
        owner = new_user(storage)
        storage.create_key(owner)
        bucket = new_bucket(storage, owner)
        seen = storage._readable(bucket)
        ceph.kill_gateway()
        try:
            for _ in range(2):
                with pytest.raises(BackendUnavailable):
                    seen.cors()
        finally:
            ceph.restart_gateway()
        assert seen.cors() is None


class TestLostAnswers:
    """The gateway did what was asked, but nobody was told."""

    @pytest.fixture
    def user(self, storage: RadosgwStorage) -> Ref:
        return new_user(storage)

    def test_a_created_user_is_found_and_completed(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy
    ) -> None:
        proxy.spoil("PUT /admin/user?uid=")
        user = Ref(None, fresh("user"))
        fields: Any = {"display_name": "Alice", "quota": Quota(max_bytes=5)}
        made, created = spoilt.create_user(user, fields)
        assert created
        assert made.quota == Quota(max_bytes=5)
        assert sum("generate-key" in line for line in proxy.lines) == 1
        assert spoilt.create_user(user, fields) == (made, False)

    def test_a_user_who_was_never_created_is_an_error(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, lab: Lab
    ) -> None:
        proxy.spoil("PUT /admin/user?uid=", forward=False)
        user = Ref(None, fresh("user"))
        with pytest.raises(BackendUnavailable):
            spoilt.create_user(user, {})
        assert user.name not in lab.uids()

    def test_a_created_key_is_found_with_its_secret(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref, lab: Lab
    ) -> None:
        proxy.spoil("PUT /admin/user?key")
        made = spoilt.create_key(user)
        assert spoilt.get_user(user).key_ids == [made.access_key]
        assert lab.s3(made).list_buckets()["Buckets"] == []

    def test_a_key_whose_answer_came_too_late_is_found_as_well(
        self, storage: RadosgwStorage, user: Ref, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add = storage._admin.add_key

        def slow(uid: str, access_key: str) -> Any:
            add(uid, access_key)
            time.sleep(1.1)
            raise BackendTimeout("too late")

        monkeypatch.setattr(storage._admin, "add_key", slow)
        with serving("r", seconds=1):
            made = storage.create_key(user)
        assert storage.get_user(user).key_ids == [made.access_key]

    def test_a_rotation_goes_through(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref
    ) -> None:
        old = spoilt.create_key(user)
        proxy.spoil("PUT /admin/user?key")
        proxy.spoil("DELETE /admin/user?key")
        new = spoilt.rotate_key(user, old.access_key)
        assert spoilt.get_user(user).key_ids == [new.access_key]

    def test_a_rotation_that_cannot_end_the_old_key_takes_the_new_one_back(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref
    ) -> None:
        old = spoilt.create_key(user)
        proxy.spoil("DELETE /admin/user?key", forward=False)
        with pytest.raises(BackendUnavailable):
            spoilt.rotate_key(user, old.access_key)
        assert spoilt.get_user(user).key_ids == [old.access_key]

    def test_a_rotation_whose_end_nobody_knows_keeps_both_keys(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref, storage: RadosgwStorage
    ) -> None:
        old = spoilt.create_key(user)
        proxy.spoil("DELETE /admin/user?key")  # carried out, but the answer is lost
        looks = f"GET /admin/user?uid={user.name}"
        delete = spoilt._admin.delete_key

        def blind(uid: str, access_key: str) -> bool:
            proxy.spoil(looks, times=9, status=500)
            return delete(uid, access_key)

        spoilt._admin.delete_key = blind  # type: ignore[method-assign]
        with (
            structlog.testing.capture_logs() as records,
            pytest.raises(BackendUnavailable, match=r"both may be valid\."),
        ):
            spoilt.rotate_key(user, old.access_key)
        (new,) = storage.get_user(user).key_ids or []
        assert new != old.access_key, "the old key has ended, so the new one must not"
        (record,) = [each for each in records if each["event"] == "rotation-unfinished"]
        assert (record["old"], record["new"]) == (old.access_key, new)

    def test_a_rotation_that_outlasts_its_time_keeps_both_keys(
        self, storage: RadosgwStorage, user: Ref, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = storage.create_key(user)

        def late(uid: str, access_key: str) -> bool:
            raise BackendTimeout("too late")

        monkeypatch.setattr(storage._admin, "delete_key", late)
        with pytest.raises(BackendTimeout, match="both may be valid"):
            storage.rotate_key(user, old.access_key)
        kept = storage.get_user(user).key_ids or []
        assert len(kept) == 2
        assert old.access_key in kept

    def test_a_deleted_key_user_and_bucket_are_gone(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref, lab: Lab
    ) -> None:
        key = spoilt.create_key(user)
        bucket = new_bucket(spoilt, user)
        for part in ("DELETE /admin/user?key", "DELETE /admin/bucket", "DELETE /admin/user?uid"):
            proxy.spoil(part)
        spoilt.delete_key(user, key.access_key)
        spoilt.delete_bucket(bucket)
        spoilt.delete_user(user)
        assert user.name not in lab.uids()

    def test_a_created_bucket_is_found_and_completed(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, user: Ref, lab: Lab
    ) -> None:
        bucket = Ref(None, fresh("bucket"))
        proxy.spoil(f"PUT /{bucket.name} ".strip())
        fields: Any = {"owner": user.name, "quota": Quota(max_objects=3), "tags": {"a": "b"}}
        made, created = spoilt.create_bucket(bucket, fields)
        assert created
        assert (made.quota, made.tags) == (Quota(max_objects=3), {"a": "b"})
        assert lab.live_keys(user.name) == []

    def test_a_namespace_is_found(self, spoilt: RadosgwStorage, proxy: FaultyProxy) -> None:
        proxy.spoil("PUT /admin/user?uid=")
        made, created = spoilt.create_namespace(fresh("tenant"), {"display_name": "Lost"})
        assert created
        assert made.display_name == "Lost"


PAGES = [b"", b"<html>gateway error</html>", b"[]", b"{}", b"null", b'{"keys": 7}', b'"x"', b"[7]"]


class TestWrongAnswers:
    @pytest.mark.parametrize("body", PAGES, ids=repr)
    @pytest.mark.parametrize("status", [200, 301, 403, 404])
    def test_nothing_odd_reads_as_absent_or_empty(
        self, lab: Lab, proxy: FaultyProxy, status: int, body: bytes
    ) -> None:
        spoilt = lab.storage(endpoint=proxy.endpoint)
        proxy.spoil("/admin/", times=1000, forward=False, status=status, body=body)
        user, bucket = Ref(None, "somebody"), Ref(None, "something")
        calls: list[Any] = [
            spoilt.probe,
            lambda: spoilt.get_user(user),
            lambda: spoilt.get_bucket(bucket),
            lambda: spoilt.delete_user(user),
            lambda: spoilt.delete_bucket(bucket),
            lambda: spoilt.list_users(None),
        ]
        if (status, body) != (200, b"[]"):  # which is a list without buckets
            calls += [lambda: spoilt.list_buckets(None), spoilt.get_capacity]
        for call in calls:
            with pytest.raises(BackendError):
                call()

    @pytest.mark.parametrize(("status", "attempts"), [(500, 1), (503, 3), (429, 3)])
    def test_a_failing_gateway_is_unavailable(
        self, lab: Lab, proxy: FaultyProxy, status: int, attempts: int
    ) -> None:
        spoilt = lab.storage(endpoint=proxy.endpoint)
        proxy.spoil("/admin/", times=attempts, forward=False, status=status)
        with pytest.raises(BackendUnavailable):
            spoilt.probe()
        spoilt.probe()

    def test_a_list_of_users_that_never_ends_is_noticed(self, lab: Lab, proxy: FaultyProxy) -> None:
        spoilt = lab.storage(endpoint=proxy.endpoint)
        page = b'{"keys": ["a"], "truncated": true, "count": 1, "marker": "m"}'
        proxy.spoil("list", times=1000, forward=False, status=200, body=page)
        with pytest.raises(BackendMisbehaved, match="end"):
            spoilt.list_users(None)

    @pytest.mark.parametrize("spelling", [b"false", b'"false"'])
    def test_both_spellings_of_the_last_page_are_known(
        self, lab: Lab, proxy: FaultyProxy, spelling: bytes
    ) -> None:
        spoilt = lab.storage(endpoint=proxy.endpoint)
        page = b'{"keys": ["a", "t$b"], "count": 2, "truncated": ' + spelling + b"}"
        proxy.spoil("list", forward=False, status=200, body=page)
        assert [user.name for user in spoilt.list_users(None)] == ["a"]

    @pytest.mark.parametrize("status", [200, 403, 404])
    def test_the_s3_side_may_talk_nonsense_too(
        self, lab: Lab, proxy: FaultyProxy, status: int
    ) -> None:
        spoilt = lab.storage(endpoint=proxy.endpoint)
        owner = new_user(spoilt)
        spoilt.create_key(owner)
        bucket = new_bucket(spoilt, owner)
        proxy.spoil(f"/{bucket.name}?", times=5, status=status, body=b"<html>no S3</html")
        with pytest.raises(BackendError):
            spoilt.get_cors(bucket)
        with pytest.raises(BackendError):
            spoilt.set_cors(bucket, WEB)
