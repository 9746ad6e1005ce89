"""What ECS says it has removed is looked for: only what is gone counts as removed."""

from collections.abc import Callable

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import StorageError
from storage_api.transport.context import serving
from tests.backends.ecs.objects import ALICE, BOB, DATA, NAMESPACE, PLAIN, furnish
from tests.simulators.ecs import EcsSimulator

DELETIONS: dict[str, tuple[str, str, Callable[[EcsStorage], None]]] = {
    "namespace": (
        "/object/namespaces/namespace/empty/deactivate",
        "/object/namespaces/namespace/empty",
        lambda at: at.delete_namespace("empty"),
    ),
    "user": (
        "/object/users/deactivate",
        "/object/users/bob/info",
        lambda at: at.delete_user(BOB),
    ),
    "bucket": (
        "/object/bucket/data/deactivate",
        "/object/bucket/data/info",
        lambda at: at.delete_bucket(DATA),
    ),
}


@pytest.fixture
def furnished(storage: EcsStorage) -> EcsStorage:
    furnish(storage)
    storage.create_namespace("empty", {})
    storage.create_user(BOB, {})
    storage.create_bucket(DATA, PLAIN)
    return storage


@pytest.mark.parametrize("kind", DELETIONS)
def test_what_ecs_only_says_it_removed_is_not_gone(
    sim: EcsSimulator, furnished: EcsStorage, kind: str
) -> None:
    path, _, delete = DELETIONS[kind]
    sim.faults.add(
        kind="status", method="POST", path=path, status=200, body="{}",
        content_type="application/json", times=None,
    )  # fmt: skip
    with serving("test", seconds=0.5), pytest.raises(StorageError):
        delete(furnished)
    assert sim.namespaces() == ["empty", NAMESPACE]
    assert sim.users(NAMESPACE) == [ALICE.name, BOB.name]
    assert sim.buckets(NAMESPACE) == [DATA.name]


@pytest.mark.parametrize("kind", DELETIONS)
def test_a_node_that_still_shows_it_is_asked_again(
    sim: EcsSimulator, furnished: EcsStorage, kind: str
) -> None:
    _, path, delete = DELETIONS[kind]
    shown = '{"name": "there", "namespace": "physics", "locked": false}'
    order = sim.faults.add(
        kind="garbage", method="GET", path=path, after=1, body=shown,
        content_type="application/json",
    )  # fmt: skip
    delete(furnished)
    assert order.hits == 1
