"""What can be changed of a bucket, what cannot, and what a lost or refused call leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendUnavailable,
    Conflict,
    Invalid,
)
from storage_api.domain.models import Ref, Versioning
from storage_api.domain.requests import BucketPatch
from tests.backends.ecs.objects import (
    ALICE,
    BOB,
    DATA,
    NAMESPACE,
    ONE_BUCKET,
    PLAIN,
    furnish,
    writes,
)
from tests.simulators.ecs import EcsSimulator

CHANGES: dict[str, BucketPatch] = {
    "owner": {"owner": BOB.name},
    "versioning": {"versioning": Versioning.ENABLED},
    "lock": {"locked": True},
    "retention": {"retention_seconds": 60},
    "tags": {"tags": {"new": "1"}},
}


@pytest.fixture(autouse=True)
def _furnished(storage: EcsStorage) -> None:
    furnish(storage)
    storage.create_user(BOB, {})
    storage.create_bucket(DATA, {**PLAIN, "tags": {"kept": "1", "changed": "1", "gone": "1"}})


def matches(found: object, changes: BucketPatch) -> bool:
    return all(getattr(found, name) == value for name, value in changes.items())


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_kept_and_a_repeat_writes_nothing(
    sim: EcsSimulator, storage: EcsStorage, name: str, release: str
) -> None:
    sim.settings.release = release  # type: ignore[assignment]  # one of them
    changed = storage.update_bucket(DATA, CHANGES[name])
    assert matches(changed, CHANGES[name])
    sim.forget_requests()
    assert storage.update_bucket(DATA, CHANGES[name]) == changed
    assert writes(sim) == []


def test_all_at_once_and_back_again(storage: EcsStorage) -> None:
    """ColdFront's plugin can change none of these."""
    everything: BucketPatch = {
        "owner": BOB.name,
        "versioning": Versioning.ENABLED,
        "locked": True,
        "retention_seconds": 60,
        "tags": {"kept": "1", "changed": "2", "new": "1"},
    }
    assert matches(storage.update_bucket(DATA, everything), everything)
    back: BucketPatch = {
        "owner": ALICE.name,
        "versioning": Versioning.SUSPENDED,
        "locked": False,
        "retention_seconds": 0,
        "tags": {},
    }
    assert matches(storage.update_bucket(DATA, back), back)


def test_ten_tags_give_way_to_ten_others(storage: EcsStorage) -> None:
    """ECS takes no eleventh, so the old ones must go first."""
    for prefix in ("a", "b"):
        tags = {f"{prefix}{number}": "ö" for number in range(10)}
        assert storage.update_bucket(DATA, {"tags": tags}).tags == tags


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"owner": "nobody"}, Invalid),
        ({"retention_seconds": -1}, Invalid),
        ({"tags": {"": "x"}}, Invalid),
        ({"versioning": Versioning.OFF}, Invalid),
        ({"versioning": Versioning.SUSPENDED, "owner": "bob"}, Conflict),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_is_changed(
    sim: EcsSimulator,
    storage: EcsStorage,
    changes: BucketPatch,
    error: type[Exception],
) -> None:
    locked = Ref(NAMESPACE, "locked")
    storage.create_bucket(locked, {**PLAIN, "object_lock": True})
    sim.forget_requests()
    with pytest.raises(error):
        storage.update_bucket(locked, changes)
    assert writes(sim) == []


def test_a_suspended_user_inherits_nothing(storage: EcsStorage) -> None:
    storage.update_user(BOB, {"suspended": True})
    with pytest.raises(Conflict, match="suspended"):
        storage.update_bucket(DATA, {"owner": BOB.name})
    assert storage.get_bucket(DATA).owner == ALICE.name


def test_a_bucket_that_is_being_emptied_can_only_be_read(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.put_object(NAMESPACE, DATA.name, size=1)
    sim.settings.emptying_seconds = 60
    storage._deactivate_bucket(NAMESPACE, DATA.name, with_content=True)
    writing: list[Callable[[], Any]] = [
        lambda: storage.update_bucket(DATA, {"locked": True}),
        lambda: storage.delete_bucket(DATA),
        lambda: storage.create_bucket(DATA, PLAIN),
    ]
    for write in writing:
        with pytest.raises(Conflict, match="being emptied"):
            write()
    assert storage.get_bucket(DATA).owner == ALICE.name


@pytest.mark.parametrize("kind", ["cut-after", "garbage"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_lost_answer_is_a_success_only_if_the_change_is_there(
    sim: EcsSimulator, storage: EcsStorage, name: str, kind: str
) -> None:
    changes: BucketPatch = CHANGES[name]
    if name == "tags":  # one call of the three, which is sent once
        changes = {"tags": {**(storage.get_bucket(DATA).tags or {}), "new": "1"}}
    fault = sim.faults.add(kind=kind, path=f"{ONE_BUCKET}/{name}*")  # type: ignore[arg-type]  # one of them
    assert matches(storage.update_bucket(DATA, changes), changes)
    assert fault.spent


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_not_done_is_no_success(sim: EcsSimulator, storage: EcsStorage, name: str) -> None:
    before = storage.get_bucket(DATA)
    sim.faults.add(kind="status", path=f"{ONE_BUCKET}/{name}*", times=None)
    with pytest.raises(BackendUnavailable):
        storage.update_bucket(DATA, CHANGES[name])
    sim.faults.clear()
    assert storage.get_bucket(DATA) == before


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_taken_but_not_shown_is_no_success(
    sim: EcsSimulator, storage: EcsStorage, name: str
) -> None:
    """An answer of 200 alone proves nothing (it was never done here)."""
    sim.faults.add(kind="status", path=f"{ONE_BUCKET}/{name}*", status=200, body=b"", times=None)
    with pytest.raises(BackendMisbehaved, match="does not show"):
        storage.update_bucket(DATA, CHANGES[name])


def test_tags_whose_removal_was_answered_by_nobody_are_replaced_all_the_same(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """The removal is sent again, and then refused because the tags are gone."""
    sim.faults.add(kind="cut-after", method="DELETE", path=f"{ONE_BUCKET}/tags")
    wanted = {"kept": "1", "new": "2"}
    assert storage.update_bucket(DATA, {"tags": wanted}).tags == wanted
