"""Purges on the real gateway: everything goes but what is locked, in steps that can be repeated."""

from datetime import UTC, datetime, timedelta

import pytest

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import Conflict
from storage_api.domain.models import Ref
from storage_api.domain.progress import WorkStopped
from tests.backends.radosgw.lab import Lab, fresh, new_bucket
from tests.backends.radosgw.owner import Counted, Owner, buckets
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


@pytest.fixture
def owner(storage: RadosgwStorage, lab: Lab) -> Owner:
    return Owner(storage, lab)


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
