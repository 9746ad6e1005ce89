"""Buckets of a real gateway, administered through croit and S3."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from storage_api.backends.access_keys import TEMPORARY, is_temporary
from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import (
    AlreadyExists,
    BackendRefused,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import NewKey, Quota, Ref, Versioning
from storage_api.domain.secrets import Secret
from tests.backends.croit.lab import Told, fresh, live_keys, new_user, storage_of
from tests.simulators.croit import CroitSimulator

DENY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
    ],
}


def s3_of(storage: CroitStorage, key: NewKey) -> Any:
    """A customer's client."""
    return boto3.client(
        "s3",
        endpoint_url=storage._options.s3_endpoint,
        region_name="default",
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def owner(cluster: CroitStorage) -> Ref:
    return new_user(cluster)


@pytest.fixture
def bucket(cluster: CroitStorage, owner: Ref) -> Ref:
    bucket = Ref(None, fresh("bucket"))
    assert cluster.create_bucket(bucket, {"owner": owner.name})[1]
    return bucket


def test_a_key_made_through_croit_opens_the_gateway(
    cluster: CroitStorage, owner: Ref, bucket: Ref
) -> None:
    """One Ceph, two doors."""
    key = cluster.create_key(owner)
    s3 = s3_of(cluster, key)
    s3.put_object(Bucket=bucket.name, Key="a", Body=b"hello")
    assert s3.get_object(Bucket=bucket.name, Key="a")["Body"].read() == b"hello"
    usage = cluster.get_usage(Holder(HolderKind.BUCKET, bucket))
    assert (usage.used_bytes, usage.used_objects, usage.stale) == (5, 1, False)
    assert s3.list_buckets()["Buckets"][0]["CreationDate"] == cluster.get_bucket(bucket).created


def test_a_temporary_key_is_seen_by_nobody_and_goes(
    cluster: CroitStorage, cluster_sim: CroitSimulator, owner: Ref, bucket: Ref
) -> None:
    cluster.update_bucket(bucket, {"tags": {"a": "b"}})
    made = [call.path.rpartition("/")[2] for call in cluster_sim.calls("PUT", "*/keys/*")]
    assert is_temporary(made[-1])
    assert live_keys(cluster_sim, owner.name) == []
    stray = f"{TEMPORARY}0000000ABCDE"
    cluster_sim.store.put_key(owner.name, stray, "some-secret-of-long-ago")
    assert cluster.list_keys(owner) == []
    cluster.update_bucket(bucket, {"tags": {}})
    assert live_keys(cluster_sim, owner.name) == []


def test_a_suspended_owner_stays_suspended(cluster: CroitStorage, owner: Ref, bucket: Ref) -> None:
    """§5.3: 409 with the reason, and nobody is let in on the quiet."""
    cluster.update_user(owner, {"suspended": True})
    for change in (
        lambda: cluster.update_bucket(bucket, {"tags": {"a": "b"}}),
        lambda: cluster.delete_cors(bucket),
        lambda: cluster.get_lifecycle(bucket),
        lambda: cluster.delete_bucket(bucket),
        lambda: cluster.purge_bucket(bucket, Told()),
        lambda: cluster.purge_user(owner, Told()),
        lambda: cluster.create_bucket(Ref(None, fresh("bucket")), {"owner": owner.name}),
    ):
        with pytest.raises(Conflict, match="suspended"):
            change()
    assert cluster.get_user(owner).suspended
    assert cluster.get_bucket(bucket).owner == owner.name
    limited = cluster.set_quota(Holder(HolderKind.BUCKET, bucket), Quota(max_objects=3))
    assert limited.max_objects == 3


def test_a_policy_against_the_owner_is_refused(cluster: CroitStorage, bucket: Ref) -> None:
    """§5.3"""
    with pytest.raises(Invalid, match="owner"):
        cluster.set_policy_document(bucket, DENY)
    cluster.update_bucket(bucket, {"tags": {"a": "b"}})


@pytest.mark.parametrize(
    "fields",
    [{"placement": "nowhere"}, {"storage_class": "GLACIER"}, {"filesystem_enabled": True}],
    ids=str,
)
def test_what_the_cluster_lacks_is_refused_before_anything_is_made(
    cluster: CroitStorage, owner: Ref, fields: Any
) -> None:
    bucket = Ref(None, fresh("bucket"))
    with pytest.raises(Invalid):
        cluster.create_bucket(bucket, fields | {"owner": owner.name})
    with pytest.raises(NotFound):
        cluster.get_bucket(bucket)


def test_a_known_placement_and_class_are_taken(cluster: CroitStorage, owner: Ref) -> None:
    bucket = Ref(None, fresh("bucket"))
    where = {"placement": "default-placement", "storage_class": "STANDARD"}
    fields: Any = {"owner": owner.name, **where}
    made, created = cluster.create_bucket(bucket, fields)
    assert created
    assert (made.placement, made.storage_class) == ("default-placement", "STANDARD")
    assert cluster.create_bucket(bucket, fields)[1] is False


def test_a_class_is_looked_for_in_the_owner_s_own_placement(
    sim: CroitSimulator, storage: CroitStorage
) -> None:
    """The simulator's memory has the class COLD in its default placement, and not in fast."""
    owner = new_user(storage)
    bucket = Ref(None, fresh("bucket"))
    fields: Any = {"owner": owner.name, "storage_class": "COLD"}
    with pytest.raises(BackendUnavailable):  # accepted; but there is no S3 behind it
        storage.create_bucket(bucket, fields)
    sim.store.change_user(owner.name, {"defaultPlacement": "fast"})
    with pytest.raises(Invalid, match="'fast'"):
        storage.create_bucket(bucket, fields)


def test_defaults_that_the_cluster_lacks_make_no_user(
    cluster: CroitStorage, cluster_sim: CroitSimulator
) -> None:
    endpoint = cluster._options.s3_endpoint
    wrong = storage_of(cluster_sim, s3_endpoint=endpoint, default_placement="nowhere")
    user = Ref(None, fresh("user"))
    with pytest.raises(Invalid, match="nowhere"):
        wrong.create_user(user, {})
    with pytest.raises(NotFound):
        cluster.get_user(user)
    right = storage_of(
        cluster_sim,
        s3_endpoint=endpoint,
        default_placement="default-placement",
        default_storage_class="STANDARD",
    )
    assert right.create_user(user, {})[1]
    assert cluster_sim.store.user(user.name).default_placement == "default-placement"


class TestUnfinished:
    """Creates that stop on the way: what is there stays, and the same request finishes it."""

    def test_a_repeat_finishes_it(
        self, cluster: CroitStorage, cluster_sim: CroitSimulator, owner: Ref
    ) -> None:
        bucket = Ref(None, fresh("bucket"))
        fields: Any = {
            "owner": owner.name,
            "versioning": Versioning.ENABLED,
            "tags": {"a": "b"},
            "quota": Quota(max_objects=3),
        }
        cluster_sim.faults.add(kind="status", method="PUT", path="*/quota")
        with pytest.raises(BackendUnavailable, match="same request finishes it"):
            cluster.create_bucket(bucket, fields)
        made, created = cluster.create_bucket(bucket, fields)
        assert not created
        assert (made.versioning, made.tags, made.quota) == (
            Versioning.ENABLED,
            {"a": "b"},
            Quota(max_objects=3),
        )
        with pytest.raises(AlreadyExists, match="quota"):
            cluster.create_bucket(bucket, fields | {"quota": Quota(max_objects=4)})

    def test_one_that_is_finished_or_in_use_is_not_changed(
        self, cluster: CroitStorage, owner: Ref, bucket: Ref
    ) -> None:
        wanted: Any = {"owner": owner.name, "tags": {"a": "b"}}
        with pytest.raises(AlreadyExists, match="tags"):
            cluster.create_bucket(bucket, wanted)
        s3 = s3_of(cluster, cluster.create_key(owner))
        theirs = Ref(None, fresh("bucket"))
        s3.create_bucket(Bucket=theirs.name)
        s3.put_object(Bucket=theirs.name, Key="a", Body=b"x")
        with pytest.raises(AlreadyExists, match="tags"):
            cluster.create_bucket(theirs, wanted)
        assert cluster.get_bucket(theirs).tags == {}

    def test_no_quota_is_not_taken_for_one(self, cluster: CroitStorage, bucket: Ref) -> None:
        assert cluster.get_bucket(bucket).quota == Quota(enabled=False)


class TestPurges:
    def filled(self, cluster: CroitStorage, owner: Ref, bucket: Ref) -> Any:
        s3 = s3_of(cluster, cluster.create_key(owner))
        for name in ("a", "b c+ü"):
            s3.put_object(Bucket=bucket.name, Key=name, Body=b"x")
        s3.create_multipart_upload(Bucket=bucket.name, Key="open")
        return s3

    def test_a_user_goes_with_all_that_he_has(
        self, cluster: CroitStorage, owner: Ref, bucket: Ref
    ) -> None:
        cluster.update_bucket(bucket, {"versioning": Versioning.ENABLED})
        s3 = self.filled(cluster, owner, bucket)
        s3.delete_object(Bucket=bucket.name, Key="a")
        with pytest.raises(Conflict, match=bucket.name):
            cluster.delete_user(owner)
        with pytest.raises(Conflict, match="1 open upload"):
            cluster.delete_bucket(bucket)
        told = Told()
        cluster.purge_user(owner, told)
        assert (told.errors, told.done) == ([], told.expected)
        with pytest.raises(NotFound):
            cluster.get_user(owner)
        with pytest.raises(NotFound):
            cluster.get_bucket(bucket)
        cluster.purge_user(owner, Told())
        cluster.purge_bucket(bucket, Told())

    def test_it_stops_at_a_locked_object_and_says_which(
        self, cluster: CroitStorage, owner: Ref
    ) -> None:
        """§5.3"""
        bucket = Ref(None, fresh("bucket"))
        cluster.create_bucket(bucket, {"owner": owner.name, "object_lock": True})
        s3 = self.filled(cluster, owner, bucket)
        s3.put_object(Bucket=bucket.name, Key="kept", Body=b"x")
        hold = {"Bucket": bucket.name, "Key": "kept"}
        s3.put_object_legal_hold(**hold, LegalHold={"Status": "ON"})
        told = Told()
        cluster.purge_user(owner, told)
        (error,) = told.errors
        assert "'kept'" in error
        assert bucket.name in error
        assert cluster.get_user(owner).name == owner.name
        assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == [
            "kept"
        ]
        s3.put_object_legal_hold(**hold, LegalHold={"Status": "OFF"})
        cluster.purge_user(owner, Told())
        with pytest.raises(NotFound):
            cluster.get_user(owner)

    def test_a_bucket_that_is_made_anew_meanwhile_is_another_one(
        self, cluster: CroitStorage, owner: Ref, bucket: Ref
    ) -> None:
        first, second = bucket.name, f"{bucket.name}-second"
        s3 = self.filled(cluster, owner, bucket)
        s3.create_bucket(Bucket=second)

        class Replacing(Told):
            def advance(self, steps: int = 1) -> None:
                super().advance(steps)
                if steps and self.done == 1:
                    s3.delete_bucket(Bucket=second)
                    s3.create_bucket(Bucket=second)
                    s3.put_object(Bucket=second, Key="new", Body=b"x")

        with pytest.raises(Conflict, match=second):
            cluster.purge_user(owner, Replacing())
        assert first not in [row["Name"] for row in s3.list_buckets()["Buckets"]]
        assert [row["Key"] for row in s3.list_objects_v2(Bucket=second)["Contents"]] == ["new"]

    def test_a_session_that_ends_in_the_middle_does_not_end_it(
        self, cluster: CroitStorage, cluster_sim: CroitSimulator, owner: Ref, bucket: Ref
    ) -> None:
        """§5.3: 401 mid-purge resumes."""
        self.filled(cluster, owner, bucket)
        signed_on = storage_of(
            cluster_sim,
            username=cluster_sim.username,
            password=Secret(cluster_sim.password),
            s3_endpoint=cluster._options.s3_endpoint,
        )

        class Ending(Told):
            def advance(self, steps: int = 1) -> None:
                cluster_sim.clock.advance(cluster_sim.settings.login_seconds + 1)
                super().advance(steps)

        told = Ending()
        signed_on.purge_user(owner, told)
        assert told.errors == []
        assert told.done >= 4
        with pytest.raises(NotFound):
            cluster.get_user(owner)


def test_dead_keys_of_the_service_are_no_deletion(
    cluster: CroitStorage, cluster_sim: CroitSimulator, owner: Ref, bucket: Ref
) -> None:
    """§5.3: a dead credential never reads as "deleted"."""
    dead = storage_of(cluster_sim, token=Secret("revoked"), s3_endpoint="http://127.0.0.1:9")
    calls: list[Callable[[], None]] = [
        lambda: dead.delete_bucket(bucket),
        lambda: dead.delete_user(owner),
        lambda: dead.purge_user(owner, Told()),
    ]
    for call in calls:
        with pytest.raises(BackendRefused, match="API token"):
            call()
    assert cluster.get_bucket(bucket).owner == owner.name
