"""Purges while keys come and go, others write, and the gateway is ill."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends import s3_purge
from storage_api.backends.access_keys import is_temporary
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import BackendUnavailable, Conflict
from storage_api.domain.progress import WorkStopped
from tests.backends.radosgw.lab import Lab, new_bucket
from tests.backends.radosgw.owner import Counted, Owner, buckets
from tests.backends.radosgw.proxy import FaultyProxy


@pytest.fixture
def owner(storage: RadosgwStorage, lab: Lab) -> Owner:
    return Owner(storage, lab)


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

    def test_a_bucket_that_is_made_anew_meanwhile_is_another_one(
        self, storage: RadosgwStorage, owner: Owner, lab: Lab
    ) -> None:
        first, second = sorted([owner.bucket, new_bucket(storage, owner.user)])

        class Replacing(Counted):
            def advance(self, steps: int = 1) -> None:
                super().advance(steps)
                if steps and self.done == 1:
                    owner.s3.delete_bucket(Bucket=second.name)
                    owner.s3.create_bucket(Bucket=second.name)
                    owner.s3.put_object(Bucket=second.name, Key="new", Body=b"x")

        owner.s3.put_object(Bucket=first.name, Key="old", Body=b"x")
        with pytest.raises(Conflict, match=second.name):
            storage.purge_user(owner.user, Replacing())
        assert buckets(lab, owner.user) == [second.name]
        (row,) = owner.s3.list_objects_v2(Bucket=second.name)["Contents"]
        assert row["Key"] == "new"
        storage.purge_user(owner.user, Counted())
        assert owner.user.name not in lab.uids()

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
