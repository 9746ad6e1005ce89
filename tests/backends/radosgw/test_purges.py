"""Purges on the real gateway: everything goes but what is locked, in steps that can be repeated."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage_api.backends import s3_purge
from storage_api.backends.access_keys import is_temporary
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import BackendUnavailable, Conflict
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress, WorkStopped
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user
from tests.backends.radosgw.proxy import FaultyProxy

TOMORROW = datetime.now(UTC) + timedelta(days=1)
ODD_KEYS = [
    "a b+c&<x>\"'",
    "ünï",
    "new\nline",
    "cr\rx",
    "bad\x01ctl",
    "..",
    "a//b",
    "\ufffe",
    "null",
]


class Counted(Progress):
    """Stops the work at the ``stop``-th report of progress, if told to."""

    def __init__(self, stop: int | None = None) -> None:
        self.done = self.total = self._calls = 0
        self.errors: list[str] = []
        self._stop = stop

    def expect(self, more: int) -> None:
        self.total += more

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        self._calls += 1
        if self._calls == self._stop:
            raise WorkStopped

    def report(self, error: str) -> None:
        self.errors.append(error)


class Owner:
    """A user with a bucket, who works on it as customers do."""

    def __init__(self, storage: RadosgwStorage, lab: Lab, **bucket: Any) -> None:
        self.storage = storage
        self.user = new_user(storage)
        self.s3 = lab.s3(storage.create_key(self.user))
        self.bucket = new_bucket(storage, self.user, **bucket)
        self.name = self.bucket.name

    def put(self, key: str, **more: Any) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=b"x", **more)

    def versioned(self) -> None:
        self.s3.put_bucket_versioning(
            Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
        )

    def mark_deleted(self, count: int) -> None:
        """The quickest way to fill a bucket: a delete marker for each of ``count`` keys."""
        self.versioned()
        keys = [{"Key": f"key-{number:05}"} for number in range(count)]
        for start in range(0, count, 1000):
            batch = {"Objects": keys[start : start + 1000], "Quiet": True}
            self.s3.delete_objects(Bucket=self.name, Delete=batch)

    def deny(self, *actions: str, part: str = "") -> None:
        """A policy as only the owner himself can set it, for the bucket or a ``part`` of it."""
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": list(actions),
            "Resource": [f"arn:aws:s3:::{self.name}{part}"],
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.s3.put_bucket_policy(Bucket=self.name, Policy=document)

    def versions(self) -> list[str]:
        page = self.s3.list_object_versions(Bucket=self.name)
        return [row["Key"] for row in page.get("Versions", []) + page.get("DeleteMarkers", [])]


@pytest.fixture
def owner(storage: RadosgwStorage, lab: Lab) -> Owner:
    return Owner(storage, lab)


def buckets(lab: Lab, user: Ref) -> list[str]:
    found: list[str] = lab.admin("GET", "bucket", uid=user.name)
    return found


class TestContent:
    def test_versions_markers_and_uploads_go(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        owner.put("before-versioning")
        owner.versioned()
        for key in ("one", "two", "two", "before-versioning"):
            owner.put(key)
        owner.s3.delete_object(Bucket=owner.name, Key="two")
        for key in ("upload", "upload", "other"):
            begun = owner.s3.create_multipart_upload(Bucket=owner.name, Key=key)
        owner.s3.upload_part(
            Bucket=owner.name, Key="other", UploadId=begun["UploadId"], PartNumber=1, Body=b"x"
        )
        progress = Counted()
        storage.purge_bucket(owner.bucket, progress)
        assert buckets(lab, owner.user) == []
        assert progress.errors == []
        assert progress.done == progress.total == 10

    def test_every_key_that_s3_allows_goes(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        for key in ODD_KEYS:
            owner.put(key)
        assert sorted(owner.versions()) == sorted(ODD_KEYS)
        storage.purge_bucket(owner.bucket, Counted())
        assert buckets(lab, owner.user) == []

    def test_a_page_of_long_keys_is_not_too_long_a_request(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        """RGW refuses a request of more than 1 MiB, and XML writes each of these five times."""
        owner.versioned()
        keys = [{"Key": f"{number:03}" + "&" * 1000} for number in range(250)]
        for start in (0, 100, 200):
            batch = {"Objects": keys[start : start + 100]}
            owner.s3.delete_objects(Bucket=owner.name, Delete=batch)
        storage.purge_bucket(owner.bucket, Counted())
        assert buckets(lab, owner.user) == []

    def test_thousands_go_in_batches_and_a_break_loses_nothing(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab, proxy: FaultyProxy
    ) -> None:
        owner.mark_deleted(2500)
        watched = lab.storage(endpoint=proxy.endpoint)
        first = Counted(stop=1)
        with pytest.raises(WorkStopped):
            watched.purge_bucket(owner.bucket, first)
        assert 900 < first.done <= 1000
        second = Counted()
        watched.purge_bucket(owner.bucket, second)
        assert first.done + second.done == 2501
        assert second.done == second.total
        assert len([line for line in proxy.lines if "?delete" in line]) == 3
        assert buckets(lab, owner.user) == []

    def test_a_bucket_that_is_gone_is_done(self, storage: RadosgwStorage) -> None:
        progress = Counted()
        storage.purge_bucket(Ref(None, fresh("absent")), progress)
        storage.purge_user(Ref(None, fresh("absent")), progress)
        assert (progress.done, progress.total, progress.errors) == (0, 0, [])


class TestLocks:
    @pytest.fixture
    def owner(self, storage: RadosgwStorage, lab: Lab) -> Owner:
        owner = Owner(storage, lab, object_lock=True)
        for mode in ("COMPLIANCE", "GOVERNANCE"):
            owner.put(mode, ObjectLockMode=mode, ObjectLockRetainUntilDate=TOMORROW)
        owner.put("held", ObjectLockLegalHoldStatus="ON")
        owner.put("free")
        owner.s3.delete_object(Bucket=owner.name, Key="held")
        return owner

    def test_what_is_locked_stays_and_is_named(self, storage: RadosgwStorage, owner: Owner) -> None:
        for _ in range(2):
            progress = Counted()
            storage.purge_bucket(owner.bucket, progress)
            (error,) = progress.errors
            assert owner.name in error
            assert "3 object version(s): object lock" in error
            assert sorted(owner.versions()) == ["COMPLIANCE", "GOVERNANCE", "held"]
            assert all(repr(key) in error for key in owner.versions())

    def test_a_locked_key_that_no_list_can_name_is_named(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = Owner(storage, lab, object_lock=True)
        owner.put("bad\x01ctl", ObjectLockLegalHoldStatus="ON")
        progress = Counted()
        storage.purge_bucket(owner.bucket, progress)
        assert repr("bad\x01ctl") in progress.errors[0]

    def test_the_user_stays_too_with_the_key_and_loses_the_other_buckets(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        other = new_bucket(storage, owner.user)
        owner.s3.put_object(Bucket=other.name, Key="x", Body=b"x")
        progress = Counted()
        storage.purge_user(owner.user, progress)
        assert len(progress.errors) == 1
        assert buckets(lab, owner.user) == [owner.name]
        assert len(storage.list_keys(owner.user)) == 1
        owner.s3.put_object_legal_hold(
            Bucket=owner.name, Key="held", VersionId=self._held(owner), LegalHold={"Status": "OFF"}
        )

    @staticmethod
    def _held(owner: Owner) -> str:
        page = owner.s3.list_object_versions(Bucket=owner.name, Prefix="held")
        version: str = page["Versions"][0]["VersionId"]
        return version


class TestRefusals:
    def test_what_a_policy_denies_stays_and_is_named(
        self, storage: RadosgwStorage, owner: Owner
    ) -> None:
        owner.put("kept")
        owner.deny("s3:DeleteObject", "s3:DeleteObjectVersion", part="/kept")
        owner.put("goes")
        progress = Counted()
        storage.purge_bucket(owner.bucket, progress)
        assert "policy may forbid it (AccessDenied). Keys: 'kept'" in progress.errors[0]
        assert owner.versions() == ["kept"]

    @pytest.mark.parametrize("action", ["s3:List*", "s3:DeleteObject"])
    def test_a_bucket_that_is_denied_as_a_whole_is_left(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab, action: str
    ) -> None:
        owner.put("kept")
        other = new_bucket(storage, owner.user)
        owner.deny(action)
        with pytest.raises(Conflict, match="policy"):
            storage.purge_bucket(owner.bucket, Counted())
        progress = Counted()
        storage.purge_user(owner.user, progress)
        assert [owner.name in error for error in progress.errors] == [True]
        assert other.name not in buckets(lab, owner.user)
        assert owner.name in buckets(lab, owner.user)

    def test_a_suspended_owner_s_data_stay(self, storage: RadosgwStorage, owner: Owner) -> None:
        storage.update_user(owner.user, {"suspended": True})
        with pytest.raises(Conflict, match="suspended"):
            storage.purge_bucket(owner.bucket, Counted())
        with pytest.raises(Conflict, match="suspended"):
            storage.purge_user(owner.user, Counted())
        assert storage.get_user(owner.user).suspended is True

    def test_others_users_are_left_alone(self, lab: Lab, owner: Owner) -> None:
        prefixed = lab.storage(uid_prefix="ours-")
        with pytest.raises(Conflict, match="not made here"):
            prefixed.purge_bucket(owner.bucket, Counted())
        with pytest.raises(Conflict, match="not made here"):
            prefixed.purge_user(owner.user, Counted())


class TestKeys:
    def test_an_owner_without_a_key_is_lent_one(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        owner.put("x")
        (key,) = storage.list_keys(owner.user)
        storage.delete_key(owner.user, key.access_key)
        with pytest.raises(WorkStopped):
            storage.purge_bucket(owner.bucket, Counted(stop=1))
        assert lab.live_keys(owner.user.name) == []
        storage.purge_bucket(owner.bucket, Counted())
        assert buckets(lab, owner.user) == []
        assert lab.live_keys(owner.user.name) == []

    def test_a_key_is_changed_for_another_before_it_is_left_over(
        self,
        storage: RadosgwStorage,
        owner: Owner,
        lab: Lab,
        proxy: FaultyProxy,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(s3_purge, "_KEY_SECONDS", 0.001)
        for key in ("a", "b"):
            owner.s3.create_multipart_upload(Bucket=owner.name, Key=key)
        (own,) = storage.list_keys(owner.user)
        storage.delete_key(owner.user, own.access_key)
        lab.storage(endpoint=proxy.endpoint).purge_bucket(owner.bucket, Counted())
        made = [line for line in proxy.lines if line.startswith("PUT /admin/user?key")]
        assert len(made) >= 2
        assert buckets(lab, owner.user) == []
        assert lab.live_keys(owner.user.name) == []

    def test_a_rotation_meanwhile_breaks_nothing(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        owner.mark_deleted(20)
        (key,) = storage.list_keys(owner.user)

        class Rotating(Counted):
            def advance(self, steps: int = 1) -> None:
                super().advance(steps)
                if any(row.access_key == key.access_key for row in storage.list_keys(owner.user)):
                    storage.rotate_key(owner.user, key.access_key)

        owner.s3.create_multipart_upload(Bucket=owner.name, Key="first")
        progress = Rotating()
        storage.purge_bucket(owner.bucket, progress)
        assert progress.errors == []
        assert buckets(lab, owner.user) == []

    def test_a_purged_user_leaves_no_key(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        second = new_bucket(storage, owner.user)
        owner.s3.put_object(Bucket=second.name, Key="x", Body=b"x")
        owner.put("y")
        progress = Counted()
        storage.purge_user(owner.user, progress)
        assert (progress.done, progress.total, progress.errors) == (5, 5, [])
        assert owner.user.name not in lab.uids()

    def test_nobody_s_temporary_key_is_shown(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        seen: list[str] = []

        class Looking(Counted):
            def advance(self, steps: int = 1) -> None:
                super().advance(steps)
                seen.extend(lab.live_keys(owner.user.name))
                assert storage.list_keys(owner.user) == []
                assert storage.get_user(owner.user).key_ids == []

        owner.put("x")
        (key,) = storage.list_keys(owner.user)
        storage.delete_key(owner.user, key.access_key)
        storage.purge_bucket(owner.bucket, Looking())
        assert seen
        assert all(map(is_temporary, seen))


class TestTrouble:
    def test_purges_of_the_same_at_once_are_all_done(self, lab: Lab, owner: Owner) -> None:
        """As a job for the bucket and two for the user, each in a process of its own."""
        for number in range(20):
            owner.put(str(number))
        (key,) = owner.storage.list_keys(owner.user)
        owner.storage.delete_key(owner.user, key.access_key)
        storages = [lab.storage() for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            running = [
                pool.submit(storages[0].purge_bucket, owner.bucket, Counted()),
                *(pool.submit(each.purge_user, owner.user, Counted()) for each in storages[1:]),
            ]
        for each in running:
            each.result()
        assert owner.user.name not in lab.uids()
        assert owner.name not in lab.admin("GET", "bucket")

    def test_an_ill_gateway_is_for_the_job_to_try_again(
        self, owner: Owner, lab: Lab, proxy: FaultyProxy
    ) -> None:
        owner.put("x")
        storage = lab.storage(endpoint=proxy.endpoint)
        proxy.spoil("?delete", status=503)
        with pytest.raises(BackendUnavailable):
            storage.purge_bucket(owner.bucket, Counted())
        storage.purge_bucket(owner.bucket, Counted())
        assert buckets(lab, owner.user) == []

    def test_a_slow_gateway_is_given_less_at_once(
        self, owner: Owner, lab: Lab, proxy: FaultyProxy
    ) -> None:
        """No lasting answer to a thousand keys must not mean that it never ends."""
        owner.mark_deleted(120)
        storage = lab.storage(endpoint=proxy.endpoint, read_timeout=1.0)
        halt = proxy.halt("?delete", after=False)
        progress = Counted()
        storage.purge_bucket(owner.bucket, progress)
        halt.release()
        assert progress.errors == []
        assert buckets(lab, owner.user) == []

    def test_somebody_who_goes_on_writing_ends_the_attempt(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        class Writing(Counted):
            def advance(self, steps: int = 1) -> None:
                super().advance(steps)
                if steps:
                    owner.put("again")

        owner.put("first")
        with pytest.raises(Conflict, match="goes on writing"):
            storage.purge_bucket(owner.bucket, Writing())
        assert buckets(lab, owner.user) == [owner.name]
