"""Buckets of a real gateway, administered through croit and S3."""

from typing import Any

import pytest

from storage_api.backends.access_keys import TEMPORARY, is_temporary
from storage_api.backends.accounting import Holder
from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import (
    AlreadyExists,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import Quota, Ref, Versioning
from tests.backends.croit.lab import Told, fresh, live_keys, new_user, s3_of, storage_of
from tests.simulators.croit import CroitSimulator

DENY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
    ],
}


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
