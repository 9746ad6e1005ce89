"""Locks."""

from collections.abc import Callable

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.errors import LockHeld, NotFound
from storage_api.domain.models import Lock


@pytest.fixture
def locked(dummy: DummyStorage) -> DummyStorage:
    dummy.create_volume("a", {})
    for _ in range(2):
        assert dummy.create_lock("a", "mine") == Lock(host="mine")
    return dummy


def test_one_host_holds_it(locked: DummyStorage) -> None:
    with pytest.raises(LockHeld, match="already locked by mine"):
        locked.create_lock("a", "yours")
    assert locked.get_lock("a") == [Lock(host="mine")]


def test_a_foreign_lock_is_not_broken(locked: DummyStorage) -> None:
    locked.delete_lock("a", "yours")
    assert locked.get_lock("a") == [Lock(host="mine")]


def test_a_broken_lock_is_free_for_anybody(locked: DummyStorage) -> None:
    for _ in range(2):
        locked.delete_lock("a", "mine")
        assert locked.get_lock("a") == []
    assert locked.create_lock("a", "yours") == Lock(host="yours")


def test_an_absent_volume_is_not_found(dummy: DummyStorage) -> None:
    calls: list[Callable[[], object]] = [
        lambda: dummy.get_lock("a"),
        lambda: dummy.create_lock("a", "mine"),
        lambda: dummy.delete_lock("a", "mine"),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()
