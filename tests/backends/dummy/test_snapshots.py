"""Snapshots keep the whole truth: rollbacks and clones bring it back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from storage_api.backends.dummy import snapshots
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.kinds import VOLUME
from storage_api.backends.dummy.snapshots import MAX_SNAPSHOTS
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from storage_api.domain.models import Ref, Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.domain.units import GIB

BEFORE = VolumeCreate(
    size_total=GIB,
    autosize_enabled=True,
    max_autosize=2 * GIB,
    active_policy_name="before",
    percentage_snapshot_reserve=5,
    compression_enabled=True,
    inline_compression=False,
    caching_policy="auto",
)
AFTER = VolumePatch(
    size_total=3 * GIB,
    autosize_enabled=False,
    max_autosize=4 * GIB,
    active_policy_name="after",
    percentage_snapshot_reserve=6,
    compression_enabled=False,
    inline_compression=True,
    caching_policy="none",
)


@pytest.fixture
def volume(dummy: DummyStorage) -> Volume:
    """It has a snapshot, and was changed in every way since."""
    for policy in ("before", "after"):
        dummy.create_policy(policy, [])
    volume = dummy.create_volume("a", {**BEFORE, "junction_path": "/mnt"})
    take(dummy, "s")
    dummy.update_volume("a", AFTER)
    return volume


def take(dummy: DummyStorage, *names: str, purge: bool = False) -> None:
    for name in names:
        dummy.create_snapshot("a", name, purge_old_if_needed=purge)


def names(dummy: DummyStorage) -> list[str]:
    return [snapshot.name for snapshot in dummy.list_snapshots("a")]


def test_the_order_is_that_of_creation_within_a_second_too(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})
    take(dummy, "c", "a", "b")
    dummy.delete_snapshot("a", "a")
    take(dummy, "a")
    assert names(dummy) == ["c", "b", "a"]


def test_a_snapshot_is_found_as_it_was_answered(dummy: DummyStorage, volume: Volume) -> None:
    made = dummy.create_snapshot("a", "t", purge_old_if_needed=False)
    assert made.size_kbytes == 0
    assert dummy.get_snapshot("a", "t") == made
    with pytest.raises(AlreadyExists, match="already exists"):
        take(dummy, "t")


def test_what_is_absent_is_not_found(dummy: DummyStorage, volume: Volume) -> None:
    calls: list[Callable[[str, str], object]] = [
        dummy.get_snapshot,
        dummy.delete_snapshot,
        dummy.rollback_volume,
        lambda source, snapshot: dummy.clone_volume("clone", source, snapshot, {}),
    ]
    for call in calls:
        with pytest.raises(NotFound, match="no snapshot 'a/absent'"):
            call("a", "absent")
        with pytest.raises(NotFound, match="no volume 'b'"):
            call("b", "s")
    with pytest.raises(NotFound, match="no volume 'b'"):
        dummy.create_snapshot("b", "s", purge_old_if_needed=False)


def test_a_rollback_restores_every_setting(dummy: DummyStorage, volume: Volume) -> None:
    for _ in range(2):
        assert dummy.rollback_volume("a", "s") == volume
        assert dummy.get_volume("a") == volume


def test_a_rollback_loses_only_newer_snapshots(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})
    take(dummy, "x", "s", "b", "a")
    dummy.rollback_volume("a", "s")
    assert names(dummy) == ["x", "s"]


def test_a_rollback_leaves_the_lock_alone(dummy: DummyStorage, volume: Volume) -> None:
    lock = dummy.create_lock("a", "host")
    dummy.rollback_volume("a", "s")
    assert dummy.get_lock("a") == [lock]


def test_no_rollback_to_a_policy_that_is_gone(dummy: DummyStorage, volume: Volume) -> None:
    take(dummy, "newer")
    dummy.delete_policy("before")
    changed = dummy.get_volume("a")
    with pytest.raises(Conflict, match="'before' no longer exists"):
        dummy.rollback_volume("a", "s")
    assert dummy.get_volume("a") == changed
    assert names(dummy) == ["s", "newer"]


def test_no_rollback_to_a_junction_path_of_another(dummy: DummyStorage) -> None:
    # Only a rollback can give a volume another junction path: to a snapshot that came with it.
    dummy.create_volume("a", {"junction_path": "/mnt"})
    take(dummy, "s")
    mounted = dummy.get_volume("a")
    with dummy._store.transaction() as tx:
        tx.put(VOLUME, Ref(None, "a"), replace(mounted, junction_path=None))
    dummy.create_volume("b", {"junction_path": "/mnt"})
    with pytest.raises(Conflict, match="'/mnt' is in use by 'b'"):
        dummy.rollback_volume("a", "s")
    dummy.restrict_volume("b")
    assert dummy.rollback_volume("a", "s") == mounted


def test_a_clone_is_in_the_state_of_the_snapshot(dummy: DummyStorage, volume: Volume) -> None:
    dummy.create_lock("a", "host")
    clone = dummy.clone_volume("b", "a", "s", {"name": "ignored"})
    expected = replace(
        volume,
        name="b",
        uuid=clone.uuid,
        creation_time=clone.creation_time,
        junction_path=None,
    )
    assert clone == dummy.get_volume("b") == expected
    assert clone.uuid != volume.uuid
    assert dummy.list_snapshots("b") == []
    assert dummy.get_lock("b") == []


def test_a_clone_shares_nothing_that_changes(dummy: DummyStorage, volume: Volume) -> None:
    clone = dummy.clone_volume("b", "a", "s", {})
    dummy.rollback_volume("a", "s")
    dummy.delete_snapshot("a", "s")
    dummy.restrict_volume("a")
    assert dummy.get_volume("b") == clone
    dummy.update_volume("b", AFTER)
    assert dummy.create_volume("a", {}).size_total == 0


def test_a_clone_takes_the_request_s_settings(dummy: DummyStorage, volume: Volume) -> None:
    clone = dummy.clone_volume(
        "b", "a", "s", {"junction_path": "/b", "active_policy_name": "after"}
    )
    assert (clone.junction_path, clone.active_policy_name) == ("/b", "after")
    assert clone.size_total == BEFORE["size_total"]


def test_a_clone_needs_a_free_name_path_and_a_policy(dummy: DummyStorage, volume: Volume) -> None:
    with pytest.raises(AlreadyExists, match="in use"):
        dummy.clone_volume("a", "a", "s", {})
    with pytest.raises(AlreadyExists, match="in use"):
        dummy.clone_volume("b", "a", "s", {"junction_path": "/mnt"})
    with pytest.raises(Invalid, match="absent"):
        dummy.clone_volume("b", "a", "s", {"active_policy_name": "absent"})
    dummy.delete_policy("before")
    with pytest.raises(Conflict, match="'before' no longer exists"):
        dummy.clone_volume("b", "a", "s", {})
    assert [found.name for found in dummy.list_volumes()] == ["a"]
    assert dummy.clone_volume("b", "a", "s", {"active_policy_name": "after"}).name == "b"


def test_a_volume_has_at_most_1023_snapshots(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})
    taken = [f"s{number}" for number in range(MAX_SNAPSHOTS)]
    take(dummy, *taken)
    with pytest.raises(Conflict, match="1023"):
        take(dummy, "more")
    assert names(dummy) == taken
    take(dummy, "more", purge=True)
    assert names(dummy) == [*taken[1:], "more"]
    dummy.delete_snapshot("a", "s5")
    take(dummy, "fits", purge=True)
    assert names(dummy)[:2] == ["s1", "s2"]


def test_a_full_volume_is_no_reason_to_purge_for_a_name_in_use(
    dummy: DummyStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MAX_SNAPSHOTS", 2)
    dummy.create_volume("a", {})
    take(dummy, "s", "t")
    with pytest.raises(AlreadyExists):
        take(dummy, "t", purge=True)
    assert names(dummy) == ["s", "t"]
