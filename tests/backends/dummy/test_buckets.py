"""Buckets, and what is configured on them."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from storage_api.domain.models import (
    Bucket,
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
from storage_api.domain.requests import BucketCreate

ALICE = Ref(None, "alice")
DATA = Ref(None, "data")

EVERYTHING = BucketCreate(
    owner="alice",
    versioning=Versioning.ENABLED,
    object_lock=True,
    placement="fast",
    storage_class="GOLD",
    replication_group="rg1",
    filesystem_enabled=True,
    encryption_enabled=True,
    quota=Quota(max_bytes=5),
    tags={"project": "atlas"},
)


@pytest.fixture(autouse=True)
def _users(dummy: DummyStorage) -> None:
    dummy.create_user(ALICE, {})
    dummy.create_user(Ref(None, "bob"), {})


def test_a_bucket_can_be_made_of_an_owner_alone(dummy: DummyStorage) -> None:
    bucket, new = dummy.create_bucket(DATA, {"owner": "alice"})
    assert new
    assert bucket == Bucket(
        name="data",
        owner="alice",
        created=bucket.created,
        versioning=Versioning.OFF,
        object_lock=False,
        placement="default-placement",
        storage_class="STANDARD",
        filesystem_enabled=False,
        encryption_enabled=False,
        quota=Quota(),
        usage=bucket.usage,
        tags={},
    )
    assert dummy.get_bucket(DATA).created == bucket.created
    assert [found.name for found in dummy.list_buckets(None)] == ["data"]


def test_every_setting_is_kept_and_can_be_asked_for_again(dummy: DummyStorage) -> None:
    bucket, _ = dummy.create_bucket(DATA, EVERYTHING)
    assert {key: getattr(bucket, key) for key in EVERYTHING} == EVERYTHING
    again, new = dummy.create_bucket(DATA, EVERYTHING)
    assert (again.created, new) == (bucket.created, False)
    # Only what the caller asks for is compared.
    assert dummy.create_bucket(DATA, {"owner": "alice"})[1] is False


@pytest.mark.parametrize(
    "other",
    [
        {"owner": "bob"},
        {"versioning": Versioning.OFF},
        {"object_lock": False},
        {"placement": "slow"},
        {"quota": Quota()},
        {"tags": {}},
    ],
    ids=str,
)
def test_other_settings_are_refused(dummy: DummyStorage, other: dict[str, Any]) -> None:
    dummy.create_bucket(DATA, EVERYTHING)
    with pytest.raises(AlreadyExists, match=f"another {next(iter(other))}"):
        dummy.create_bucket(DATA, cast("BucketCreate", EVERYTHING | other))


def test_the_owner_must_exist_in_the_same_namespace(dummy: DummyStorage) -> None:
    dummy.create_namespace("physics", {})
    with pytest.raises(Invalid, match="'physics/alice'"):
        dummy.create_bucket(Ref("physics", "data"), {"owner": "alice"})
    with pytest.raises(NotFound, match="no namespace 'absent'"):
        dummy.create_bucket(Ref("absent", "data"), {"owner": "alice"})
    assert dummy.list_buckets("physics") == []


def test_a_suspended_owner_gets_no_bucket(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    dummy.create_bucket(Ref(None, "other"), {"owner": "bob"})
    dummy.update_user(ALICE, {"suspended": True})
    with pytest.raises(Conflict, match="suspended"):
        dummy.create_bucket(Ref(None, "more"), {"owner": "alice"})
    with pytest.raises(Conflict, match="suspended"):
        dummy.update_bucket(Ref(None, "other"), {"owner": "alice"})
    assert dummy.create_bucket(DATA, {"owner": "alice"})[1] is False
    assert dummy.update_bucket(DATA, {"owner": "alice", "tags": {"a": "b"}}).tags == {"a": "b"}


@pytest.mark.parametrize("most", [0, 2])
def test_an_owner_gets_no_more_than_max_buckets(dummy: DummyStorage, most: int) -> None:
    dummy.update_user(ALICE, {"max_buckets": most})
    for number in range(most):
        dummy.create_bucket(Ref(None, f"bucket{number}"), {"owner": "alice"})
    with pytest.raises(Conflict, match=f"may own {most} buckets"):
        dummy.create_bucket(DATA, {"owner": "alice"})
    dummy.create_bucket(DATA, {"owner": "bob"})
    with pytest.raises(Conflict, match=f"may own {most} buckets"):
        dummy.update_bucket(DATA, {"owner": "alice"})
    dummy.update_user(ALICE, {"max_buckets": None})
    assert dummy.update_bucket(DATA, {"owner": "alice"}).owner == "alice"


def test_buckets_of_namesakes_count_apart(dummy: DummyStorage) -> None:
    dummy.create_namespace("physics", {"replication_group": "rg7"})
    dummy.create_user(Ref("physics", "alice"), {"max_buckets": 1})
    dummy.create_bucket(DATA, {"owner": "alice"})
    bucket, _ = dummy.create_bucket(Ref("physics", "data"), {"owner": "alice"})
    assert bucket.replication_group == "rg7"
    dummy.delete_bucket(DATA)
    dummy.delete_user(ALICE)
    assert [found.namespace for found in dummy.list_buckets("physics")] == ["physics"]
    assert dummy.list_buckets(None) == []


def test_versioning_never_goes_back_to_off(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    states = (Versioning.OFF, Versioning.ENABLED, Versioning.SUSPENDED, Versioning.ENABLED)
    for state in states:
        assert dummy.update_bucket(DATA, {"versioning": state}).versioning is state
        assert dummy.get_bucket(DATA).versioning is state
    with pytest.raises(Invalid, match="only suspended"):
        dummy.update_bucket(DATA, {"versioning": Versioning.OFF, "tags": {"a": "b"}})
    assert dummy.get_bucket(DATA).tags == {}


def test_object_lock_needs_versioning(dummy: DummyStorage) -> None:
    for state in (Versioning.OFF, Versioning.SUSPENDED):
        with pytest.raises(Invalid, match="needs versioning"):
            dummy.create_bucket(DATA, {"owner": "alice", "object_lock": True, "versioning": state})
    bucket, _ = dummy.create_bucket(DATA, {"owner": "alice", "object_lock": True})
    assert bucket.versioning is Versioning.ENABLED
    with pytest.raises(Conflict, match="can be locked"):
        dummy.update_bucket(DATA, {"versioning": Versioning.SUSPENDED})


def test_tags_are_replaced(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice", "tags": {"a": "1"}})
    for _ in range(2):
        assert dummy.update_bucket(DATA, {"tags": {"b": "2"}}).tags == {"b": "2"}


def test_a_deleted_bucket_leaves_nothing(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    dummy.set_lifecycle(DATA, LIFECYCLE)
    dummy.set_cors(DATA, CORS)
    dummy.set_policy_document(DATA, POLICY)
    for _ in range(2):
        dummy.delete_bucket(DATA)
    dummy.create_bucket(DATA, {"owner": "alice"})
    for get in (dummy.get_lifecycle, dummy.get_cors, dummy.get_policy_document):
        with pytest.raises(NotFound, match="has no"):
            get(DATA)


LIFECYCLE = Lifecycle(
    rules=[
        LifecycleRule(id="tmp", prefix="tmp/", expiration_days=3),
        LifecycleRule(
            id="cold", enabled=False, transitions=[Transition(days=1, storage_class="COLD")]
        ),
    ]
)
CORS = Cors(
    rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["https://example.org"])]
)
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/bob"]},
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": {"Null": {"x": None}},
        }
    ],
}


def test_settings_are_kept_as_told(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    assert dummy.set_lifecycle(DATA, LIFECYCLE) == dummy.get_lifecycle(DATA) == LIFECYCLE
    assert dummy.set_cors(DATA, CORS) == dummy.get_cors(DATA) == CORS
    assert dummy.set_policy_document(DATA, POLICY) == dummy.get_policy_document(DATA) == POLICY
    for _ in range(2):
        dummy.delete_lifecycle(DATA)
        dummy.delete_cors(DATA)
        dummy.delete_policy_document(DATA)
    with pytest.raises(NotFound):
        dummy.get_lifecycle(DATA)


@pytest.mark.parametrize(
    "rules",
    [
        [LifecycleRule(id="a", expiration_days=1), LifecycleRule(id="a", expiration_days=2)],
        [LifecycleRule(id="a")],
        [LifecycleRule(id="a", expiration_days=1, expired_delete_marker=True)],
        [LifecycleRule(id="a", transitions=[Transition(days=1, storage_class="GOLD")])],
    ],
    ids=["twice", "nothing", "both", "unknown-class"],
)
def test_a_lifecycle_that_no_store_honours_is_refused(
    dummy: DummyStorage, rules: list[LifecycleRule]
) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    dummy.set_lifecycle(DATA, LIFECYCLE)
    with pytest.raises(Invalid):
        dummy.set_lifecycle(DATA, Lifecycle(rules=rules))
    assert dummy.get_lifecycle(DATA) == LIFECYCLE


def test_objects_can_move_to_the_class_of_the_bucket(dummy: DummyStorage) -> None:
    dummy.create_bucket(DATA, {"owner": "alice", "storage_class": "GOLD"})
    move = LifecycleRule(id="a", noncurrent_transitions=[Transition(days=1, storage_class="GOLD")])
    dummy.set_lifecycle(DATA, Lifecycle(rules=[move]))


@pytest.mark.parametrize(
    "principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam:::user/alice"]}], ids=str
)
def test_a_policy_that_locks_out_the_owner_is_refused(
    dummy: DummyStorage, principal: object
) -> None:
    dummy.create_bucket(DATA, {"owner": "alice"})
    statement = {"Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": "*"}
    with pytest.raises(Invalid):
        dummy.set_policy_document(DATA, {"Statement": [statement]})
    with pytest.raises(NotFound):
        dummy.get_policy_document(DATA)


def test_an_absent_bucket_is_not_found(dummy: DummyStorage) -> None:
    calls: list[Callable[[], object]] = [
        lambda: dummy.get_bucket(DATA),
        lambda: dummy.update_bucket(DATA, {}),
        lambda: dummy.get_lifecycle(DATA),
        lambda: dummy.set_lifecycle(DATA, LIFECYCLE),
        lambda: dummy.delete_lifecycle(DATA),
        lambda: dummy.set_cors(DATA, CORS),
        lambda: dummy.set_policy_document(DATA, POLICY),
        lambda: dummy.list_buckets("absent"),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()
