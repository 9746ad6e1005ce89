"""A namespace goes only when it is empty, and nothing but ECS's word means that it is gone."""

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import BackendError, BackendUnavailable, Conflict
from tests.backends.ecs.cluster import ONE_NAMESPACE, calls, storage_at
from tests.simulators.ecs import EcsSimulator

DEACTIVATION = f"{ONE_NAMESPACE}/deactivate"


def add_users(storage: EcsStorage, count: int) -> None:
    for number in range(count):
        storage._ecs.post(("object", "users"), {"user": f"user{number}", "namespace": "physics"})


def add_buckets(storage: EcsStorage, count: int) -> None:
    for number in range(count):
        storage._ecs.post(("object", "bucket"), {"name": f"bucket{number}", "namespace": "physics"})


@pytest.mark.parametrize(("buckets", "users"), [(1, 0), (0, 1), (3, 5)])
def test_a_namespace_that_holds_something_stays_and_all_is_counted(
    sim: EcsSimulator, storage: EcsStorage, buckets: int, users: int
) -> None:
    storage.create_namespace("physics", {})
    add_buckets(storage, buckets)
    add_users(storage, users)
    sim.settings.page_limit = 2
    with pytest.raises(Conflict, match=rf"{buckets} bucket\(s\) and {users} user\(s\)"):
        storage.delete_namespace("physics")
    assert not [one for one in calls(sim, "POST") if one.endswith("deactivate")]


def test_what_comes_in_between_keeps_it(sim: EcsSimulator, storage: EcsStorage) -> None:
    """Whatever code ECS refuses the deletion with."""
    storage.create_namespace("physics", {})
    sim.faults.add(
        kind="garbage", path="/object/bucket", body=b"{}", content_type="application/json"
    )
    add_buckets(storage_at(sim), 1)
    sim.faults.add(kind="code", method="POST", path=DEACTIVATION, status=400, code=99999)
    with pytest.raises(Conflict):
        storage.delete_namespace("physics")
    assert sim.namespaces() == ["physics"]


@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "cut-within", "garbage"])
def test_a_lost_answer_ends_with_the_namespace_gone(
    sim: EcsSimulator, storage: EcsStorage, kind: str
) -> None:
    """ECS says "no such namespace" to the second try of a deletion that worked."""
    storage.create_namespace("physics", {})
    sim.faults.add(kind=kind, method="POST", path=DEACTIVATION)  # type: ignore[arg-type]
    storage.delete_namespace("physics")
    assert sim.namespaces() == []


def test_a_deletion_that_fails_is_an_error(sim: EcsSimulator, storage: EcsStorage) -> None:
    storage.create_namespace("physics", {})
    sim.faults.add(kind="code", path=DEACTIVATION, status=500, code=7000, times=None)
    with pytest.raises(BackendUnavailable):
        storage.delete_namespace("physics")
    assert sim.namespaces() == ["physics"]


@pytest.mark.parametrize("path", ["/object/bucket", "/object/users/physics"])
def test_what_cannot_be_counted_is_not_taken_for_empty(
    sim: EcsSimulator, storage: EcsStorage, path: str
) -> None:
    storage.create_namespace("physics", {})
    sim.faults.add(kind="code", path=path, status=403, code=3000, times=None)
    with pytest.raises(BackendError):
        storage.delete_namespace("physics")
    assert sim.namespaces() == ["physics"]
