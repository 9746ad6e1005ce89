"""Creates that stop on the way: what is there stays, and the same request finishes it."""

from typing import Any, ClassVar

import pytest
import structlog

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.errors import AlreadyExists, BackendUnavailable, StorageError
from storage_api.domain.models import Quota, Ref, Versioning
from tests.backends.radosgw.lab import Lab, fresh, new_user
from tests.backends.radosgw.proxy import FaultyProxy

LIMITED = Quota(max_objects=3)


@pytest.fixture
def spoilt(lab: Lab, proxy: FaultyProxy) -> RadosgwStorage:
    return lab.storage(endpoint=proxy.endpoint, read_timeout=5.0)


@pytest.fixture
def owner(storage: RadosgwStorage) -> Ref:
    return new_user(storage)


class TestBuckets:
    @pytest.mark.parametrize("step", ["versioning", "tagging", "quota"])
    def test_a_repeat_finishes_what_a_stalled_create_left(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy, owner: Ref, step: str, lab: Lab
    ) -> None:
        bucket = Ref(None, fresh("bucket"))
        fields: Any = {
            "owner": owner.name,
            "versioning": Versioning.ENABLED,
            "tags": {"a": "b"},
            "quota": LIMITED,
        }
        part = f"PUT /{bucket.name}?{step}" if step != "quota" else "PUT /admin/bucket?quota"
        proxy.spoil(part, status=500, forward=False)
        with (
            structlog.testing.capture_logs() as records,
            pytest.raises(BackendUnavailable, match="same request finishes it"),
        ):
            spoilt.create_bucket(bucket, fields)
        assert "half-made-bucket" in [record["event"] for record in records]
        made, created = spoilt.create_bucket(bucket, fields)
        assert not created
        assert (made.versioning, made.tags, made.quota) == (
            Versioning.ENABLED,
            {"a": "b"},
            LIMITED,
        )
        assert lab.live_keys(owner.name) == []

    def test_what_somebody_else_just_made_is_never_deleted(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RGW answers 200 to both makers, so this call takes the other's bucket for its own."""
        s3 = lab.s3(storage.create_key(owner))
        bucket = Ref(None, fresh("bucket"))
        begin = storage._begin

        def late(*arguments: Any) -> None:
            s3.create_bucket(Bucket=bucket.name)
            s3.put_bucket_tagging(
                Bucket=bucket.name, Tagging={"TagSet": [{"Key": "by", "Value": "owner"}]}
            )
            begin(*arguments)

        monkeypatch.setattr(storage, "_begin", late)
        with pytest.raises(StorageError):
            storage.create_bucket(bucket, {"owner": owner.name, "tags": {"a": "b"}})
        assert storage.get_bucket(bucket).tags == {"by": "owner"}

    def test_one_in_use_is_not_changed(self, storage: RadosgwStorage, owner: Ref, lab: Lab) -> None:
        s3 = lab.s3(storage.create_key(owner))
        bucket = Ref(None, fresh("bucket"))
        s3.create_bucket(Bucket=bucket.name)
        s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        wanted: Any = {"owner": owner.name, "versioning": Versioning.ENABLED, "tags": {"a": "b"}}
        marker = s3.delete_object(Bucket=bucket.name, Key="gone")
        with pytest.raises(AlreadyExists, match="tags"):
            storage.create_bucket(bucket, wanted)
        s3.delete_object(Bucket=bucket.name, Key="gone", VersionId=marker["VersionId"])
        s3.put_object(Bucket=bucket.name, Key="a", Body=b"x")
        with pytest.raises(AlreadyExists, match="tags"):
            storage.create_bucket(bucket, wanted)
        assert storage.get_bucket(bucket).tags == {}


class TestUsers:
    FIELDS: ClassVar[Any] = {"quota": LIMITED, "bucket_quota": Quota(max_objects=2)}

    def test_a_repeat_finishes_what_a_stalled_create_left(
        self, spoilt: RadosgwStorage, proxy: FaultyProxy
    ) -> None:
        user = Ref(None, fresh("user"))
        proxy.spoil("PUT /admin/user?quota", status=500, forward=False)
        with pytest.raises(BackendUnavailable, match="same request finishes it"):
            spoilt.create_user(user, self.FIELDS)
        made, created = spoilt.create_user(user, self.FIELDS)
        assert not created
        assert (made.quota, made.bucket_quota) == (LIMITED, Quota(max_objects=2))

    def test_one_in_use_is_not_changed(self, storage: RadosgwStorage, owner: Ref) -> None:
        storage.create_key(owner)
        with pytest.raises(AlreadyExists, match="quota"):
            storage.create_user(owner, self.FIELDS)
