"""Policy, lifecycle and CORS: whose key opens them, and that none is left that was made for it."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from storage_api.backends.access_keys import TEMPORARY
from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
)
from storage_api.domain.models import (
    Cors,
    CorsMethod,
    CorsRule,
    Lifecycle,
    LifecycleRule,
    Transition,
)
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import (
    ALICE,
    DATA,
    KEYS,
    NAMESPACE,
    ONE_BUCKET,
    PLAIN,
    furnish,
    sent,
)
from tests.services.moto import MotoServer
from tests.simulators.ecs import EcsSimulator

WEB = Cors(rules=[CorsRule(allowed_methods=[CorsMethod.GET], allowed_origins=["*"])])
EXPIRY = Lifecycle(rules=[LifecycleRule(id="tmp", prefix="tmp/", expiration_days=3)])
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam:::user/bob"]},
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::data/*"],
            "Condition": {"NumericLessThan": {"s3:max-keys": 1.5, "secret_key": "no-secret"}},
        }
    ],
}


@pytest.fixture
def seen(sim: EcsSimulator, moto: MotoServer) -> Iterator[EcsStorage]:
    """One that has the data side too, with a bucket of alice, who has no key."""
    sim.world.follow_bucket = moto.mirror
    storage = storage_at(sim, s3_endpoint=moto.url)
    furnish(storage)
    storage.create_bucket(DATA, PLAIN)
    yield storage
    moto.clear()


def test_a_key_is_made_for_the_moment_where_the_owner_has_none(
    sim: EcsSimulator, seen: EcsStorage
) -> None:
    assert seen.set_cors(DATA, WEB) == WEB
    assert seen.set_lifecycle(DATA, EXPIRY) == EXPIRY
    assert len(sent(sim, "POST", KEYS)) == 2
    assert sim.secrets(NAMESPACE, ALICE.name) == []


def test_for_a_look_none_is_made(sim: EcsSimulator, seen: EcsStorage) -> None:
    seen.set_cors(DATA, WEB)
    sim.forget_requests()
    with pytest.raises(Conflict, match="without a key"):
        seen.get_cors(DATA)
    assert sent(sim, "POST", KEYS) == []
    seen.create_key(ALICE)
    assert seen.get_cors(DATA) == WEB


def test_the_owner_s_own_key_is_used_and_stays(sim: EcsSimulator, seen: EcsStorage) -> None:
    key = seen.create_key(ALICE)
    seen.set_lifecycle(DATA, EXPIRY)
    assert seen.get_lifecycle(DATA) == EXPIRY
    assert sim.secrets(NAMESPACE, ALICE.name) == [key.secret_key]
    assert len(sent(sim, "POST", KEYS)) == 1


def test_where_both_keys_are_hidden_it_is_a_conflict(sim: EcsSimulator, seen: EcsStorage) -> None:
    for _ in range(2):
        seen.create_key(ALICE)
    sim.settings.hide_secret_keys = True
    with pytest.raises(Conflict, match="2 keys"):
        seen.set_cors(DATA, WEB)


def test_a_suspended_owner_is_not_spoken_for(sim: EcsSimulator, seen: EcsStorage) -> None:
    seen.create_key(ALICE)
    seen.update_user(ALICE, {"suspended": True})
    calls: list[Callable[[], object]] = [
        lambda: seen.set_cors(DATA, WEB),
        lambda: seen.get_cors(DATA),
        lambda: seen.delete_lifecycle(DATA),
    ]
    for call in calls:
        with pytest.raises(Conflict, match="suspended"):
            call()


def test_a_key_that_a_killed_process_left_is_ended_by_the_next_one(
    sim: EcsSimulator, seen: EcsStorage
) -> None:
    sim.faults.add(kind="status", method="POST", path=f"{KEYS}/deactivate")
    seen.set_cors(DATA, WEB)
    (left,) = sim.secrets(NAMESPACE, ALICE.name)
    assert left.startswith(TEMPORARY)
    seen.set_cors(DATA, WEB)
    assert sim.secrets(NAMESPACE, ALICE.name) == [left], "somebody may be using it"
    sim.world.user(ALICE.name, NAMESPACE).keys[0].secret = f"{TEMPORARY}0000001{left[15:]}"
    key = seen.create_key(ALICE)
    assert sim.secrets(NAMESPACE, ALICE.name) == [key.secret_key]


def test_without_a_data_side_it_is_no_feature(storage: EcsStorage) -> None:
    furnish(storage)
    storage.create_bucket(DATA, PLAIN)
    for call in (storage.get_lifecycle, storage.get_cors, storage.delete_cors):
        with pytest.raises(NotSupported, match="s3_endpoint"):
            call(DATA)


@pytest.mark.parametrize(
    "rule",
    [
        LifecycleRule(id="x", transitions=[Transition(days=3, storage_class="STANDARD")]),
        LifecycleRule(id="x", noncurrent_transitions=[Transition(days=3, storage_class="COLD")]),
        LifecycleRule(id="x"),
    ],
    ids=str,
)
def test_rules_that_ecs_would_not_follow_are_refused(seen: EcsStorage, rule: LifecycleRule) -> None:
    seen.create_key(ALICE)
    with pytest.raises(Invalid):
        seen.set_lifecycle(DATA, Lifecycle(rules=[rule]))
    with pytest.raises(NotFound):
        seen.get_lifecycle(DATA)


def test_a_bucket_that_nfs_serves_has_no_lifecycle(seen: EcsStorage) -> None:
    shared = DATA._replace(name="shared")
    seen.create_bucket(shared, {**PLAIN, "filesystem_enabled": True})
    with pytest.raises(Conflict, match="filesystem_enabled"):
        seen.set_lifecycle(shared, EXPIRY)


def test_a_policy_is_kept_as_it_is(sim: EcsSimulator, seen: EcsStorage) -> None:
    assert seen.set_policy_document(DATA, POLICY) == POLICY
    assert seen.get_policy_document(DATA) == POLICY
    for _ in range(2):
        seen.delete_policy_document(DATA)
        with pytest.raises(NotFound, match="no policy"):
            seen.get_policy_document(DATA)


@pytest.mark.parametrize("status", [200, 503])
def test_a_policy_that_was_not_kept_is_no_success(
    sim: EcsSimulator, seen: EcsStorage, status: int
) -> None:
    sim.faults.add(
        kind="status",
        method="PUT",
        path=f"{ONE_BUCKET}/policy",
        status=status,
        body=b"",
        times=None,
    )
    with pytest.raises((BackendMisbehaved, BackendUnavailable)):
        seen.set_policy_document(DATA, POLICY)
    with pytest.raises(NotFound):
        seen.get_policy_document(DATA)


def test_a_policy_that_locks_its_owner_out_is_refused(seen: EcsStorage) -> None:
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    with pytest.raises(Invalid, match="owner"):
        seen.set_policy_document(DATA, {"Version": "2012-10-17", "Statement": [denied]})


def test_the_data_side_may_be_down(sim: EcsSimulator) -> None:
    storage = storage_at(sim, s3_endpoint="http://127.0.0.1:9")
    furnish(storage)
    storage.create_bucket(DATA, PLAIN)
    with pytest.raises(BackendUnavailable):
        storage.set_cors(DATA, WEB)
    assert sim.secrets(NAMESPACE, ALICE.name) == []
    storage.create_key(ALICE)
    storage.delete_bucket(DATA)
    assert sim.buckets(NAMESPACE) == [], "ECS itself looks whether it is empty"


def test_the_environment_of_whoever_runs_us_is_not_asked(
    seen: EcsStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    began = time.monotonic()
    assert seen.set_cors(DATA, WEB) == WEB
    assert time.monotonic() - began < 10
