"""Buckets and users that go with all that they hold: ECS empties, and a job follows."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendUnavailable, Conflict, NotFound
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress, WorkStopped
from tests.backends.ecs.cluster import storage_at
from tests.backends.ecs.objects import ALICE, BOB, DATA, NAMESPACE, ONE_BUCKET, PLAIN, furnish
from tests.simulators.ecs import EcsSimulator

DELETE = f"{ONE_BUCKET}/deactivate"
STATUS = f"{ONE_BUCKET}/empty-bucket-status"


class Steps(Progress):
    """What a job is told; ``stop_at`` looks it is cancelled."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.expected = self.done = self.looks = 0
        self.errors: list[str] = []
        self._stop_at = stop_at

    def expect(self, more: int) -> None:
        self.expected += more

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        self.looks += 1
        if self.looks == self._stop_at:
            raise WorkStopped("cancelled")

    def report(self, error: str) -> None:
        self.errors.append(error)


@pytest.fixture
def purger(sim: EcsSimulator, storage: EcsStorage) -> EcsStorage:
    """One that may purge, on a cluster that empties fast."""
    sim.settings.emptying_seconds = 0.05
    furnish(storage)
    storage.create_bucket(DATA, PLAIN)
    sim.put_object(NAMESPACE, DATA.name, 10)
    return storage_at(sim, allow_purge=True)


def emptyings(sim: EcsSimulator) -> int:
    return len([one for one in sim.requests if "emptyBucket=true" in one.query])


def test_a_bucket_goes_with_what_it_holds(sim: EcsSimulator, purger: EcsStorage) -> None:
    steps = Steps()
    purger.purge_bucket(DATA, steps)
    assert sim.buckets(NAMESPACE) == []
    assert (steps.done, steps.errors) == (steps.expected, [])


def test_what_is_gone_or_empty_is_never_emptied(sim: EcsSimulator, purger: EcsStorage) -> None:
    sim.delete_versions(NAMESPACE, DATA.name)
    for _ in range(2):
        steps = Steps()
        purger.purge_bucket(DATA, steps)
        assert steps.done == steps.expected
    assert emptyings(sim) == 0


def test_without_the_operator_s_leave_nothing_is_purged(
    sim: EcsSimulator, storage: EcsStorage, purger: EcsStorage
) -> None:
    assert (purger.allows_purge, storage.allows_purge) == (True, False)
    with pytest.raises(Conflict, match="allow_purge"):
        storage.purge_bucket(DATA, Steps())
    assert emptyings(sim) == 0


@pytest.mark.parametrize("protection", ["object_lock", "retention_seconds"])
def test_what_is_protected_stays_and_is_reported(
    sim: EcsSimulator, purger: EcsStorage, protection: str
) -> None:
    kept = Ref(NAMESPACE, "kept")
    purger.create_bucket(
        kept,
        {**PLAIN, "object_lock": True}
        if protection == "object_lock"
        else {**PLAIN, "retention_seconds": 3600},
    )
    sim.put_object(NAMESPACE, kept.name, 10)
    steps = Steps()
    purger.purge_bucket(kept, steps)
    assert kept.name in sim.buckets(NAMESPACE)
    assert "object lock or retention" in steps.errors[0]
    assert emptyings(sim) == 0
    sim.delete_versions(NAMESPACE, kept.name)
    purger.purge_bucket(kept, Steps())
    assert kept.name not in sim.buckets(NAMESPACE), "an empty one holds nothing to protect"


def test_a_locked_bucket_or_a_suspended_owner_keeps_all(
    sim: EcsSimulator, purger: EcsStorage
) -> None:
    purger.update_bucket(DATA, {"locked": True})
    with pytest.raises(Conflict, match="locked"):
        purger.purge_bucket(DATA, Steps())
    purger.update_bucket(DATA, {"locked": False})
    purger.update_user(ALICE, {"suspended": True})
    with pytest.raises(Conflict, match="suspended"):
        purger.purge_bucket(DATA, Steps())
    assert sim.buckets(NAMESPACE) == ["data"]


def test_a_stopped_purge_goes_on_where_ecs_is(sim: EcsSimulator, purger: EcsStorage) -> None:
    sim.settings.emptying_seconds = 600
    with pytest.raises(WorkStopped):
        purger.purge_bucket(DATA, Steps(stop_at=2))
    assert (sim.buckets(NAMESPACE), emptyings(sim)) == (["data"], 1)
    sim.clock.advance(600)
    steps = Steps()
    purger.purge_bucket(DATA, steps)
    assert (sim.buckets(NAMESPACE), steps.errors) == ([], [])


def test_a_second_job_follows_the_same_emptying(sim: EcsSimulator, purger: EcsStorage) -> None:
    sim.settings.emptying_seconds = 0.6
    with pytest.raises(WorkStopped):
        purger.purge_bucket(DATA, Steps(stop_at=2))
    purger.purge_bucket(DATA, Steps())
    assert (sim.buckets(NAMESPACE), emptyings(sim)) == ([], 1)


def test_a_job_stopped_in_time_has_changed_nothing(sim: EcsSimulator, purger: EcsStorage) -> None:
    with pytest.raises(WorkStopped):
        purger.purge_bucket(DATA, Steps(stop_at=1))
    assert emptyings(sim) == 0


@pytest.mark.parametrize("outcome", ["FAILED", "ABORTED"])
def test_an_emptying_that_ecs_breaks_off_is_reported_and_can_be_repeated(
    sim: EcsSimulator, purger: EcsStorage, outcome: str
) -> None:
    sim.settings.emptying_outcome = outcome  # type: ignore[assignment]  # one of them
    steps = Steps()
    purger.purge_bucket(DATA, steps)
    assert outcome in steps.errors[0]
    assert steps.done < steps.expected
    assert sim.buckets(NAMESPACE) == ["data"]
    sim.settings.emptying_outcome = "DONE"
    again = Steps()
    purger.purge_bucket(DATA, again)
    assert (sim.buckets(NAMESPACE), again.errors) == ([], [])


@pytest.mark.parametrize("kind", ["cut-after", "garbage"])
def test_an_emptying_whose_begin_was_answered_by_nobody_is_followed(
    sim: EcsSimulator, purger: EcsStorage, kind: str
) -> None:
    begin = "emptyBucket=true"
    sim.faults.add(kind=kind, method="POST", path=DELETE, query=begin)  # type: ignore[arg-type]  # one of them
    purger.purge_bucket(DATA, Steps())
    assert (sim.buckets(NAMESPACE), emptyings(sim)) == ([], 1)


def test_trouble_while_following_ends_the_job_not_the_emptying(
    sim: EcsSimulator, purger: EcsStorage
) -> None:
    sim.settings.emptying_seconds = 600
    sim.faults.add(kind="status", method="GET", path=STATUS, after=1, times=None)
    with pytest.raises(BackendUnavailable):
        purger.purge_bucket(DATA, Steps())
    sim.faults.clear()
    sim.clock.advance(600)
    purger.purge_bucket(DATA, Steps())
    assert (sim.buckets(NAMESPACE), emptyings(sim)) == ([], 1)


def test_of_two_jobs_at_once_one_begins_the_emptying(sim: EcsSimulator, purger: EcsStorage) -> None:
    sim.settings.emptying_seconds = 0.6
    storages = [storage_at(sim, allow_purge=True) for _ in range(2)]
    barrier = threading.Barrier(2)

    def purge(storage: EcsStorage) -> Steps:
        steps = Steps()
        barrier.wait()
        storage.purge_bucket(DATA, steps)
        return steps

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(purge, storages))
    assert (sim.buckets(NAMESPACE), emptyings(sim)) == ([], 1)
    assert [steps.errors for steps in found] == [[], []]


def test_a_user_goes_with_all_buckets_and_keys(sim: EcsSimulator, purger: EcsStorage) -> None:
    purger.create_user(BOB, {})
    purger.create_bucket(Ref(NAMESPACE, "bobs"), {"owner": BOB.name})
    purger.create_bucket(Ref(NAMESPACE, "empty"), PLAIN)
    purger.create_key(ALICE)
    steps = Steps()
    purger.purge_user(ALICE, steps)
    assert (sim.buckets(NAMESPACE), sim.users(NAMESPACE)) == (["bobs"], ["bob"])
    assert (steps.done, steps.errors) == (steps.expected, [])
    purger.purge_user(ALICE, Steps())
    with pytest.raises(NotFound):
        purger.list_keys(ALICE)


def test_while_a_bucket_is_left_the_user_stays(sim: EcsSimulator, purger: EcsStorage) -> None:
    kept = Ref(NAMESPACE, "kept")
    purger.create_bucket(kept, {**PLAIN, "retention_seconds": 60})
    sim.put_object(NAMESPACE, kept.name, 10)
    locked = Ref(NAMESPACE, "locked")
    purger.create_bucket(locked, PLAIN)
    purger.update_bucket(locked, {"locked": True})
    steps = Steps()
    purger.purge_user(ALICE, steps)
    assert sim.buckets(NAMESPACE) == ["kept", "locked"]
    assert sim.users(NAMESPACE) == ["alice"]
    assert len(steps.errors) == 2
    assert steps.done < steps.expected
