"""Quotas that really bind, usage and namespaces, on a real gateway."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from storage_api.backends.accounting import Holder
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, NotFound, NotSupported
from storage_api.domain.models import Namespace, Quota, Ref
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user, refusal

BUCKET, USER, NAMESPACE = HolderKind.BUCKET, HolderKind.USER, HolderKind.NAMESPACE


class TestQuota:
    def test_a_limit_on_objects_leaves_the_size_of_a_bucket_unlimited(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage)
        s3 = lab.s3(storage.create_key(owner))
        bucket = new_bucket(storage, owner)
        holder = Holder(BUCKET, bucket)
        wanted = Quota(max_objects=2)
        assert storage.set_quota(holder, wanted) == wanted
        for key in ("a", "b"):
            s3.put_object(Bucket=bucket.name, Key=key, Body=b"x" * 100_000)
        assert refusal(s3.put_object, Bucket=bucket.name, Key="c") == "QuotaExceeded"
        assert storage.set_quota(holder, Quota(max_objects=2, enabled=False)).enabled is False
        s3.put_object(Bucket=bucket.name, Key="c", Body=b"x")

    def test_a_bucket_s_limit_in_bytes_is_rounded_up_and_binds(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage)
        s3 = lab.s3(storage.create_key(owner))
        bucket = new_bucket(storage, owner)
        said = storage.set_quota(Holder(BUCKET, bucket), Quota(max_bytes=10_000))
        assert said == Quota(max_bytes=10_240)
        s3.put_object(Bucket=bucket.name, Key="a", Body=b"x" * 8_000)
        body = b"x" * 8_000
        assert refusal(s3.put_object, Bucket=bucket.name, Key="b", Body=body) == "QuotaExceeded"
        storage.set_quota(Holder(BUCKET, bucket), Quota())
        s3.put_object(Bucket=bucket.name, Key="b", Body=body)

    def test_nothing_may_be_written_under_a_limit_of_zero(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage)
        s3 = lab.s3(storage.create_key(owner))
        bucket = new_bucket(storage, owner)
        assert storage.set_quota(Holder(BUCKET, bucket), Quota(max_bytes=0)).max_bytes == 0
        assert refusal(s3.put_object, Bucket=bucket.name, Key="a", Body=b"x") == "QuotaExceeded"

    def test_a_user_s_limit_counts_what_is_stored_already(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage)
        s3 = lab.s3(storage.create_key(owner))
        bucket = new_bucket(storage, owner)
        s3.put_object(Bucket=bucket.name, Key="a", Body=b"x" * 50_000)
        storage.set_quota(Holder(USER, owner), Quota(max_bytes=10_000))
        assert refusal(s3.put_object, Bucket=bucket.name, Key="b", Body=b"x") == "QuotaExceeded"

    def test_a_new_user_s_limit_binds_all_buckets_together(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage, quota=Quota(max_objects=2))
        s3 = lab.s3(storage.create_key(owner))
        for _ in range(2):
            s3.put_object(Bucket=new_bucket(storage, owner).name, Key="a", Body=b"x")
        assert _refused_soon(s3, new_bucket(storage, owner).name)

    def test_every_bucket_without_its_own_gets_the_user_s(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        owner = new_user(storage, bucket_quota=Quota(max_objects=0))
        s3 = lab.s3(storage.create_key(owner))
        bucket = new_bucket(storage, owner)
        assert refusal(s3.put_object, Bucket=bucket.name, Key="a") == "QuotaExceeded"
        storage.set_quota(Holder(BUCKET, bucket), Quota(max_objects=1))
        s3.put_object(Bucket=bucket.name, Key="a")

    def test_huge_limits_are_kept_or_refused_and_never_overflow(
        self, storage: RadosgwStorage
    ) -> None:
        owner = new_user(storage)
        bucket = new_bucket(storage, owner)
        largest = Quota(max_bytes=2**63 - 2, max_objects=2**63 - 2)
        assert storage.set_quota(Holder(USER, owner), largest) == largest
        kept = Quota(max_bytes=2**63 - 1024, max_objects=2**63 - 2)
        assert storage.set_quota(Holder(BUCKET, bucket), kept) == kept
        for holder in (Holder(USER, owner), Holder(BUCKET, bucket)):
            before = storage.get_quota(holder)
            with pytest.raises(Invalid):
                storage.set_quota(holder, Quota(max_bytes=2**63 - 1))
            assert storage.get_quota(holder) == before
        with pytest.raises(Invalid):
            storage.set_quota(Holder(BUCKET, bucket), largest)

    def test_a_bucket_without_a_quota_says_so(self, storage: RadosgwStorage) -> None:
        owner = new_user(storage)
        bucket = new_bucket(storage, owner)
        for holder in (Holder(USER, owner), Holder(BUCKET, bucket)):
            assert storage.get_quota(holder) == Quota(enabled=False)

    def test_a_namespace_has_none(self, storage: RadosgwStorage) -> None:
        holder = Holder(NAMESPACE, Ref(None, "x"))
        with pytest.raises(NotSupported):
            storage.get_quota(holder)
        with pytest.raises(NotSupported):
            storage.set_quota(holder, Quota())


def _refused_soon(s3: Any, bucket: str) -> bool:
    """A gateway sums up a user's usage every two seconds here."""
    end = time.monotonic() + 15
    number = 0
    while time.monotonic() < end:
        number += 1
        try:
            s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "QuotaExceeded")
        time.sleep(0.5)
    return False


def test_usage_counts_logical_bytes_and_every_version(storage: RadosgwStorage, lab: Lab) -> None:
    space = fresh("tenant")
    storage.create_namespace(space, {})
    owner = new_user(storage, space)
    s3 = lab.s3(storage.create_key(owner))
    buckets = [new_bucket(storage, owner) for _ in range(2)]
    holders = [
        Holder(BUCKET, buckets[0]),
        Holder(USER, owner),
        Holder(NAMESPACE, Ref(None, space)),
    ]
    for holder in holders:
        empty = storage.get_usage(holder)
        assert (empty.used_bytes, empty.used_objects, empty.stale) == (0, 0, False)
        assert empty.measured_at is not None
    for bucket in buckets:
        s3.put_object(Bucket=bucket.name, Key="a", Body=b"x" * 5010)
    storage._all_buckets.forget()  # nobody told the service of what was stored through S3
    used = [storage.get_usage(holder) for holder in holders]
    assert [each.used_bytes for each in used] == [5010, 10_020, 10_020]
    assert [each.used_objects for each in used] == [1, 2, 2]
    assert (storage.get_capacity().used_bytes or 0) >= 10_020


def test_usage_of_whom_there_is_not_is_no_zero(storage: RadosgwStorage) -> None:
    for holder in (
        Holder(USER, Ref(None, fresh("absent"))),
        Holder(BUCKET, Ref(None, fresh("absent"))),
        Holder(NAMESPACE, Ref(None, fresh("absent"))),
    ):
        with pytest.raises(NotFound):
            storage.get_usage(holder)


class TestNamespaces:
    def test_its_marker_is_nobody(self, storage: RadosgwStorage, lab: Lab) -> None:
        space = fresh("tenant")
        made = Namespace(name=space, display_name="Prüfung & Co")
        assert storage.create_namespace(space, {"display_name": "Prüfung & Co"}) == (made, True)
        row = lab.user_row(f"{space}$storage-api-namespace")
        assert (row["keys"], row["suspended"], row["max_buckets"]) == ([], 1, -1)
        assert storage.list_users(space) == []
        with pytest.raises(NotFound):
            storage.get_user(Ref(space, "storage-api-namespace"))
        with pytest.raises(NotFound):
            storage.create_key(Ref(space, "storage-api-namespace"))
        storage.delete_user(Ref(space, "storage-api-namespace"))
        assert storage.get_namespace(space) == made
        assert made in storage.list_namespaces()

    def test_users_alone_make_a_namespace_too(self, storage: RadosgwStorage, lab: Lab) -> None:
        space = fresh("tenant")
        lab.admin("PUT", "user", uid=f"{space}$bob", display_name="b", generate_key=False)
        bare = Namespace(name=space)
        assert storage.get_namespace(space) == bare
        assert bare in storage.list_namespaces()
        assert storage.create_namespace(space, {}) == (bare, False)
        with pytest.raises(AlreadyExists):
            storage.create_namespace(space, {"display_name": "New"})
        named = storage.update_namespace(space, {"display_name": "Named"})
        assert storage.get_namespace(space) == named == Namespace(name=space, display_name="Named")
        with pytest.raises(Conflict, match=r"1 user.*0 bucket"):
            storage.delete_namespace(space)
        storage.delete_user(Ref(space, "bob"))
        storage.delete_namespace(space)
        storage.delete_namespace(space)
        with pytest.raises(NotFound):
            storage.get_namespace(space)

    @pytest.mark.parametrize("name", ["with-hyphen", "a.b", "a/b", "a$b", "", "x" * 65, "ü"])
    def test_a_name_that_is_no_tenant_is_refused(self, storage: RadosgwStorage, name: str) -> None:
        with pytest.raises(Invalid):
            storage.create_namespace(name, {})
        with pytest.raises(NotFound):
            storage.get_namespace(name)
        storage.delete_namespace(name)

    def test_a_user_needs_a_namespace_that_exists(self, storage: RadosgwStorage) -> None:
        with pytest.raises(NotFound):
            storage.create_user(Ref(fresh("nowhere"), "bob"), {})

    def test_an_operator_may_choose_the_default_one(self, lab: Lab) -> None:
        space = fresh("tenant")
        storage = lab.storage(default_namespace=space)
        assert storage.default_namespace == space
        assert storage.list_users(None) == []
        assert storage.list_buckets(None) == []
        owner = new_user(storage)
        bucket = new_bucket(storage, owner)
        assert lab.user_row(f"{space}${owner.name}")["user_id"] == owner.name
        assert storage.get_bucket(bucket).namespace == space
        assert storage.get_bucket(Ref(space, bucket.name)).owner == owner.name
