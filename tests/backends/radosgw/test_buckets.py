"""Buckets on a real gateway."""

import time
from dataclasses import replace
from typing import Any

import pytest

from storage_api.backends.access_keys import TEMPORARY
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.backends.s3 import S3Bucket
from storage_api.domain.errors import (
    AlreadyExists,
    BackendTimeout,
    Conflict,
    Invalid,
    NotFound,
)
from storage_api.domain.models import (
    Cors,
    CorsMethod,
    CorsRule,
    Lifecycle,
    LifecycleRule,
    Quota,
    Ref,
    Transition,
    Versioning,
)
from storage_api.transport.context import seconds_left, serving
from tests.backends.radosgw.lab import Lab, fresh, new_bucket, new_user, refusal

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])
CLEAN = Lifecycle(rules=[LifecycleRule(id="a", prefix="tmp/", expiration_days=3)])
OPEN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}],
}


@pytest.fixture
def owner(storage: RadosgwStorage) -> Ref:
    return new_user(storage)


class TestCreation:
    def test_a_bucket_has_every_setting_that_was_asked_for(
        self, storage: RadosgwStorage, owner: Ref
    ) -> None:
        bucket = Ref(None, fresh("bucket"))
        fields: Any = {
            "owner": owner.name,
            "object_lock": True,
            "versioning": Versioning.ENABLED,
            "placement": "default-placement",
            "storage_class": "STANDARD",
            "filesystem_enabled": False,
            "quota": Quota(max_bytes=5000, max_objects=7),
            "tags": {"päth": "a b&<日本>"},
        }
        made, created = storage.create_bucket(bucket, fields)
        assert created
        assert (made.owner, made.object_lock, made.versioning) == (
            owner.name,
            True,
            Versioning.ENABLED,
        )
        assert (made.placement, made.storage_class) == ("default-placement", "STANDARD")
        assert made.quota == Quota(max_bytes=5120, max_objects=7)
        assert made.tags == fields["tags"]
        again, created = storage.create_bucket(bucket, fields)
        assert not created
        assert again.tags == made.tags

    def test_a_repeated_answer_is_the_same_for_an_owner_without_keys(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = Ref(None, fresh("bucket"))
        made, created = storage.create_bucket(bucket, {"owner": owner.name})
        again, created_again = storage.create_bucket(bucket, {"owner": owner.name})
        assert (created, created_again) == (True, False)
        assert replace(again, usage=None) == replace(made, usage=None)
        assert again.tags == {}
        assert lab.live_keys(owner.name) == []

    @pytest.mark.parametrize(
        "other",
        [
            {"tags": {"a": "b"}},
            {"quota": Quota(max_bytes=1)},
            {"object_lock": True},
            {"versioning": Versioning.ENABLED},
        ],
    )
    def test_an_existing_one_with_other_settings_is_not_adopted(
        self, storage: RadosgwStorage, owner: Ref, other: Any
    ) -> None:
        bucket = new_bucket(storage, owner)
        with pytest.raises(AlreadyExists, match=next(iter(other))):
            storage.create_bucket(bucket, other | {"owner": owner.name})

    @pytest.mark.parametrize(
        "setting",
        [
            {"placement": "nowhere"},
            {"storage_class": "NOPE"},
            {"replication_group": "rg1"},
            {"filesystem_enabled": True},
            {"encryption_enabled": True},
            {"object_lock": True, "versioning": Versioning.SUSPENDED},
            {"quota": Quota(soft_bytes=1)},
            {"quota": Quota(max_bytes=2**63 - 1)},
            {"tags": {"k" * 129: "v"}},
            {"tags": {"ü" * 65: "v"}},
            {"tags": {"": "v"}},
            {"tags": {"k": "v" * 257}},
            {"tags": {"k": "\x01"}},
            {"tags": {f"k{number}": "v" for number in range(51)}},
        ],
    )
    def test_what_cannot_be_honoured_leaves_nothing_behind(
        self,
        storage: RadosgwStorage,
        owner: Ref,
        setting: Any,
        monkeypatch: pytest.MonkeyPatch,
        lab: Lab,
    ) -> None:
        monkeypatch.delattr(S3Bucket, "set_tags")  # what is wrong with tags is known before
        bucket = Ref(None, fresh("bucket"))
        with pytest.raises(Invalid):
            storage.create_bucket(bucket, setting | {"owner": owner.name})
        with pytest.raises(NotFound):
            storage.get_bucket(bucket)
        assert lab.live_keys(owner.name) == []

    def test_the_limit_on_buckets_is_a_conflict(self, storage: RadosgwStorage, lab: Lab) -> None:
        for limit in (0, 1):
            owner = new_user(storage, max_buckets=limit)
            for _ in range(limit):
                new_bucket(storage, owner)
            with pytest.raises(Conflict):
                storage.create_bucket(Ref(None, fresh("bucket")), {"owner": owner.name})
            assert lab.live_keys(owner.name) == []

    def test_an_owner_s_own_key_is_used_and_kept(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = storage.create_key(owner)
        monkeypatch.delattr(storage._admin.__class__, "add_key")
        bucket = new_bucket(storage, owner, versioning=Versioning.ENABLED)
        assert storage.get_user(owner).key_ids == [key.access_key]
        assert lab.s3(key).list_objects_v2(Bucket=bucket.name)["KeyCount"] == 0

    def test_two_tenants_may_use_one_name(self, storage: RadosgwStorage) -> None:
        spaces = [None, fresh("tenant"), fresh("tenant")]
        name = fresh("shared")
        for space in spaces[1:]:
            storage.create_namespace(str(space), {})
        owners = {space: new_user(storage, space) for space in spaces}
        for space in spaces:
            made, created = storage.create_bucket(
                Ref(space, name), {"owner": owners[space].name, "tags": {"in": str(space)}}
            )
            assert created
            assert made.namespace == space
        for space in spaces:
            storage.create_key(owners[space])
            found = storage.get_bucket(Ref(space, name))
            assert (found.owner, found.tags) == (owners[space].name, {"in": str(space)})
            assert name in {bucket.name for bucket in storage.list_buckets(space)}
        storage.delete_bucket(Ref(spaces[1], name))
        for space in (spaces[0], spaces[2]):
            storage.get_bucket(Ref(space, name))


class TestSuspendedOwner:
    def test_every_write_says_so_and_nobody_is_unsuspended(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        storage.create_key(owner)
        bucket = new_bucket(storage, owner)
        storage.update_user(owner, {"suspended": True})
        before = lab.user_row(owner.name)
        for call in (
            lambda: storage.create_bucket(Ref(None, fresh("bucket")), {"owner": owner.name}),
            lambda: storage.update_bucket(bucket, {"tags": {"a": "b"}}),
            lambda: storage.update_bucket(bucket, {"versioning": Versioning.ENABLED}),
            lambda: storage.set_lifecycle(bucket, CLEAN),
            lambda: storage.delete_lifecycle(bucket),
            lambda: storage.set_policy_document(bucket, OPEN),
            lambda: storage.set_cors(bucket, WEB),
            lambda: storage.get_cors(bucket),
        ):
            with pytest.raises(Conflict, match="suspended"):
                call()
        assert lab.user_row(owner.name) == before
        found = storage.get_bucket(bucket)
        assert (found.versioning, found.object_lock, found.tags) == (None, None, None)
        storage.delete_bucket(bucket)


class TestKeylessOwner:
    def test_a_look_makes_no_key(
        self, storage: RadosgwStorage, owner: Ref, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket = new_bucket(storage, owner)
        monkeypatch.delattr(storage._admin.__class__, "add_key")
        assert storage.get_bucket(bucket).versioning is None
        with pytest.raises(Conflict, match="without a key"):
            storage.get_lifecycle(bucket)

    def test_another_request_s_temporary_key_serves_nobody_else(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        lab.admin("PUT", "user", "key", uid=owner.name, access_key=fresh(TEMPORARY))
        assert storage.get_bucket(bucket).versioning is None
        with pytest.raises(Conflict):
            storage.get_cors(bucket)

    def test_a_used_up_deadline_leaves_no_key_behind(
        self, storage: RadosgwStorage, owner: Ref, monkeypatch: pytest.MonkeyPatch, lab: Lab
    ) -> None:
        def slow(*_: Any) -> None:
            time.sleep(1.1)
            seconds_left(1)

        monkeypatch.setattr(storage._admin, "set_bucket_quota", slow)
        bucket = Ref(None, fresh("bucket"))
        with serving("r", seconds=1), pytest.raises(BackendTimeout):
            storage.create_bucket(bucket, {"owner": owner.name, "quota": Quota(max_bytes=1)})
        storage.get_bucket(bucket)
        assert lab.live_keys(owner.name) == []

    def test_the_environment_changes_nothing(
        self, lab: Lab, owner: Ref, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "AWS_ENDPOINT_URL"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_PROFILE", "nowhere")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/proc/self/mem")
        assert new_bucket(lab.storage(), owner)

    def test_a_write_uses_a_key_that_does_not_outlive_it(
        self, storage: RadosgwStorage, owner: Ref, monkeypatch: pytest.MonkeyPatch, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        made: list[str] = []
        add = storage._admin.add_key

        def watch(uid: str, access_key: str) -> Any:
            made.append(access_key)
            return add(uid, access_key)

        monkeypatch.setattr(storage._admin, "add_key", watch)
        assert storage.set_cors(bucket, WEB) == WEB
        changed = storage.update_bucket(bucket, {"versioning": Versioning.ENABLED})
        assert changed.versioning is Versioning.ENABLED
        assert len(made) == 2
        assert all(name.startswith(TEMPORARY) for name in made)
        assert lab.live_keys(owner.name) == []


class TestChange:
    def test_an_object_lock_bucket_stays_versioned(
        self, storage: RadosgwStorage, owner: Ref
    ) -> None:
        bucket = new_bucket(storage, owner, object_lock=True)
        with pytest.raises(Conflict, match="lock"):
            storage.update_bucket(bucket, {"versioning": Versioning.SUSPENDED})

    def test_a_new_owner_must_be_ours_and_of_the_same_namespace(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        space = fresh("tenant")
        storage.create_namespace(space, {})
        stranger = new_user(storage, space)
        with pytest.raises(Invalid):
            storage.update_bucket(bucket, {"owner": stranger.name})
        with pytest.raises(Conflict, match="administrator"):
            storage.update_bucket(bucket, {"owner": "admin"})
        heir = new_user(storage)
        assert storage.update_bucket(bucket, {"owner": heir.name}).owner == heir.name
        assert lab.admin("GET", "bucket", uid=owner.name) == []
        storage.delete_user(owner)

    def test_a_new_owner_must_be_able_to_use_the_bucket(
        self, storage: RadosgwStorage, lab: Lab
    ) -> None:
        space = fresh("tenant")
        storage.create_namespace(space, {"display_name": "Space"})
        owner = new_user(storage, space)
        bucket = new_bucket(storage, owner)
        full = new_user(storage, space, max_buckets=1)
        new_bucket(storage, full)
        for heir in (
            new_user(storage, space, suspended=True),
            new_user(storage, space, max_buckets=0),
            full,
        ):
            with pytest.raises(Conflict, match=heir.name):
                storage.update_bucket(bucket, {"owner": heir.name})
        with pytest.raises(Invalid):
            storage.update_bucket(bucket, {"owner": "storage-api-namespace"})
        heir = new_user(storage, space, max_buckets=1)
        denial = {
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::{space}:user/{heir.name}"},
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{bucket.name}",
        }
        storage.set_policy_document(bucket, OPEN | {"Statement": [denial]})
        with pytest.raises(Conflict, match="policy"):
            storage.update_bucket(bucket, {"owner": heir.name, "tags": {"a": "b"}})
        storage.create_key(owner)
        found = storage.get_bucket(bucket)
        assert (found.owner, found.tags) == (owner.name, {})
        storage.delete_policy_document(bucket)
        storage.update_user(owner, {"suspended": True})
        assert storage.update_bucket(bucket, {"owner": heir.name}).owner == heir.name

    def test_old_objects_stay_closed_to_a_new_owner(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        """What the documentation warns of."""
        bucket = new_bucket(storage, owner)
        former = storage.create_key(owner)
        lab.s3(former).put_object(Bucket=bucket.name, Key="old", Body=b"x")
        heir = new_user(storage)
        key = storage.create_key(heir)
        storage.update_bucket(bucket, {"owner": heir.name})
        refused = refusal(lab.s3(key).get_object, Bucket=bucket.name, Key="old")
        assert refused == "AccessDenied"
        lab.s3(key).put_object(Bucket=bucket.name, Key="new", Body=b"x")


class TestDeletion:
    def test_only_an_empty_bucket_goes(self, storage: RadosgwStorage, owner: Ref, lab: Lab) -> None:
        bucket = new_bucket(storage, owner, versioning=Versioning.ENABLED)
        s3 = lab.s3(storage.create_key(owner))
        s3.put_object(Bucket=bucket.name, Key="a", Body=b"x")
        with pytest.raises(Conflict, match="1 object"):
            storage.delete_bucket(bucket)
        s3.delete_object(Bucket=bucket.name, Key="a")
        with pytest.raises(Conflict, match="1 object"):
            storage.delete_bucket(bucket)
        versions = s3.list_object_versions(Bucket=bucket.name)
        s3.delete_object(
            Bucket=bucket.name, Key="a", VersionId=versions["Versions"][0]["VersionId"]
        )
        with pytest.raises(Conflict, match="1 delete marker"):
            storage.delete_bucket(bucket)
        storage.update_user(owner, {"suspended": True})
        with pytest.raises(Conflict, match="delete markers"):
            storage.delete_bucket(bucket)
        storage.update_user(owner, {"suspended": False})
        marker = versions["DeleteMarkers"][0]["VersionId"]
        s3.delete_object(Bucket=bucket.name, Key="a", VersionId=marker)
        storage.delete_bucket(bucket)
        storage.delete_bucket(bucket)

    def test_an_open_upload_alone_keeps_the_bucket(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        s3 = lab.s3(storage.create_key(owner))
        upload = s3.create_multipart_upload(Bucket=bucket.name, Key="big")
        with pytest.raises(Conflict, match="1 open upload"):
            storage.delete_bucket(bucket)
        s3.abort_multipart_upload(Bucket=bucket.name, Key="big", UploadId=upload["UploadId"])
        storage.delete_bucket(bucket)


class TestLifecycle:
    def test_a_size_filter_set_elsewhere_is_not_told_as_a_wider_rule(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        s3 = lab.s3(storage.create_key(owner))
        rule = {"ID": "t", "Status": "Enabled", "Expiration": {"Days": 1}}
        tagged = rule | {"Filter": {"Tag": {"Key": "a", "Value": "b"}}}
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket.name, LifecycleConfiguration={"Rules": [tagged]}
        )
        with pytest.raises(Conflict, match="'t'"):
            storage.get_lifecycle(bucket)
        assert storage.set_lifecycle(bucket, CLEAN) == CLEAN

    def test_rules_that_come_back_as_others_are_refused_and_the_former_stay(
        self, storage: RadosgwStorage, owner: Ref, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket = new_bucket(storage, owner)
        storage.create_key(owner)
        storage.set_lifecycle(bucket, CLEAN)
        monkeypatch.setattr(
            "storage_api.backends.s3_bucket_documents.lifecycle_document",
            lambda _: [{"ID": "b", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}}],
        )
        wanted = Lifecycle(rules=[LifecycleRule(id="b", prefix="x/", expiration_days=1)])
        with pytest.raises(Invalid):
            storage.set_lifecycle(bucket, wanted)
        assert storage.get_lifecycle(bucket) == CLEAN

    def test_only_storage_classes_of_the_placement_are_taken(
        self, storage: RadosgwStorage, owner: Ref
    ) -> None:
        bucket = new_bucket(storage, owner)
        for moves in ("transitions", "noncurrent_transitions"):
            move: Any = {moves: [Transition(days=1, storage_class="COLD")]}
            with pytest.raises(Invalid, match="COLD"):
                storage.set_lifecycle(bucket, Lifecycle(rules=[LifecycleRule(id="a", **move)]))
            move = {moves: [Transition(days=1, storage_class="STANDARD")]}
            wanted = Lifecycle(rules=[LifecycleRule(id="a", **move)])
            assert storage.set_lifecycle(bucket, wanted) == wanted


class TestPolicy:
    def test_a_policy_that_locks_the_owner_out_never_arrives(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        key = storage.create_key(owner)
        storage.set_policy_document(bucket, OPEN)
        denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
        with pytest.raises(Invalid, match="owner"):
            storage.set_policy_document(bucket, OPEN | {"Statement": [denial]})
        assert storage.get_policy_document(bucket) == OPEN
        assert lab.s3(key).get_bucket_policy(Bucket=bucket.name)["Policy"]

    def test_an_owner_whom_a_policy_set_elsewhere_locked_out_is_a_conflict(
        self, storage: RadosgwStorage, owner: Ref, lab: Lab
    ) -> None:
        bucket = new_bucket(storage, owner)
        s3 = lab.s3(storage.create_key(owner))
        denial = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
            '"Action":"s3:*","Resource":"*"}]}'
        )
        s3.put_bucket_policy(Bucket=bucket.name, Policy=denial)
        with pytest.raises(Conflict):
            storage.get_policy_document(bucket)
        assert storage.get_bucket(bucket).versioning is None
        storage.delete_bucket(bucket)
