"""Purges through croit and S3, with whatever happens meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.errors import BackendRefused, Conflict, NotFound
from storage_api.domain.models import Ref, Versioning
from storage_api.domain.secrets import Secret
from tests.backends.croit.lab import Told, fresh, s3_of, storage_of
from tests.simulators.croit import CroitSimulator


def filled(cluster: CroitStorage, owner: Ref, bucket: Ref) -> Any:
    s3 = s3_of(cluster, cluster.create_key(owner))
    for name in ("a", "b c+ü"):
        s3.put_object(Bucket=bucket.name, Key=name, Body=b"x")
    s3.create_multipart_upload(Bucket=bucket.name, Key="open")
    return s3


def test_a_user_goes_with_all_that_he_has(cluster: CroitStorage, owner: Ref, bucket: Ref) -> None:
    cluster.update_bucket(bucket, {"versioning": Versioning.ENABLED})
    s3 = filled(cluster, owner, bucket)
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


def test_it_stops_at_a_locked_object_and_says_which(cluster: CroitStorage, owner: Ref) -> None:
    """§5.3"""
    bucket = Ref(None, fresh("bucket"))
    cluster.create_bucket(bucket, {"owner": owner.name, "object_lock": True})
    s3 = filled(cluster, owner, bucket)
    s3.put_object(Bucket=bucket.name, Key="kept", Body=b"x")
    hold = {"Bucket": bucket.name, "Key": "kept"}
    s3.put_object_legal_hold(**hold, LegalHold={"Status": "ON"})
    told = Told()
    cluster.purge_user(owner, told)
    (error,) = told.errors
    assert "'kept'" in error
    assert bucket.name in error
    assert cluster.get_user(owner).name == owner.name
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["kept"]
    s3.put_object_legal_hold(**hold, LegalHold={"Status": "OFF"})
    cluster.purge_user(owner, Told())
    with pytest.raises(NotFound):
        cluster.get_user(owner)


def test_a_bucket_that_is_made_anew_meanwhile_is_another_one(
    cluster: CroitStorage, owner: Ref, bucket: Ref
) -> None:
    first, second = bucket.name, f"{bucket.name}-second"
    s3 = filled(cluster, owner, bucket)
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
    cluster: CroitStorage, cluster_sim: CroitSimulator, owner: Ref, bucket: Ref
) -> None:
    """§5.3: 401 mid-purge resumes."""
    filled(cluster, owner, bucket)
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
