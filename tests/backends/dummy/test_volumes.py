"""Volumes, as v3's clients know them."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.errors import AlreadyExists, Invalid, NotFound
from storage_api.domain.models import Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.domain.units import GIB, TIB

EVERYTHING = VolumeCreate(
    size_total=GIB,
    autosize_enabled=True,
    max_autosize=2 * GIB,
    active_policy_name="clients",
    percentage_snapshot_reserve=5,
    compression_enabled=True,
    inline_compression=False,
    caching_policy="auto",
    aggregate_name="aggr7",
    junction_path="/projects/alice",
)


def test_a_volume_can_be_made_of_a_name_alone(dummy: DummyStorage) -> None:
    volume = dummy.create_volume("projects", {})
    assert UUID(volume.uuid or "").version == 4
    assert volume.creation_time is not None
    assert volume.creation_time.microsecond == 0
    assert abs(datetime.now(UTC) - volume.creation_time) < timedelta(seconds=10)
    assert volume == Volume(
        name="projects",
        uuid=volume.uuid,
        size_total=0,
        size_used=0,
        filer_address="dummy-filer",
        aggregate_name="dummy-aggregate",
        state="online",
        creation_time=volume.creation_time,
    )
    assert dummy.get_volume("projects") == volume
    assert dummy.list_volumes() == [volume]


def test_every_setting_is_kept_as_told(dummy: DummyStorage) -> None:
    dummy.create_policy("clients", [])
    volume = dummy.create_volume("projects", EVERYTHING)
    assert {key: getattr(volume, key) for key in EVERYTHING} == EVERYTHING
    assert volume.percentage_snapshot_reserve_used is None
    assert dummy.get_volume("projects") == volume


@pytest.mark.parametrize("name", ["filer-1:/vol/projects", "a/b/c", "x.y-z_0"])
def test_a_name_is_taken_literally(dummy: DummyStorage, name: str) -> None:
    assert dummy.create_volume(name, {"name": "something-else"}).name == name
    assert dummy.get_volume(name).name == name
    with pytest.raises(NotFound):
        dummy.get_volume("something-else")


def test_volumes_are_listed_by_name(dummy: DummyStorage) -> None:
    for name in ("b", "a", "c"):
        dummy.create_volume(name, {})
    assert [volume.name for volume in dummy.list_volumes()] == ["a", "b", "c"]


def test_a_list_belongs_to_its_caller(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {})
    dummy.list_volumes().clear()
    assert len(dummy.list_volumes()) == 1


def test_a_name_in_use_is_refused(dummy: DummyStorage) -> None:
    first = dummy.create_volume("a", {})
    with pytest.raises(AlreadyExists, match="already exists"):
        dummy.create_volume("a", {"size_total": GIB})
    assert dummy.get_volume("a") == first


def test_a_junction_path_in_use_is_refused(dummy: DummyStorage) -> None:
    dummy.create_volume("a", {"junction_path": "/mnt"})
    with pytest.raises(AlreadyExists, match=re.escape("'/mnt' is already in use by 'a'")):
        dummy.create_volume("b", {"junction_path": "/mnt"})
    dummy.restrict_volume("a")
    assert dummy.create_volume("b", {"junction_path": "/mnt"}).junction_path == "/mnt"


def test_an_unknown_policy_is_refused(dummy: DummyStorage) -> None:
    with pytest.raises(Invalid, match="absent"):
        dummy.create_volume("a", {"active_policy_name": "absent"})
    assert dummy.list_volumes() == []
    volume = dummy.create_volume("a", {})
    with pytest.raises(Invalid, match="absent"):
        dummy.update_volume("a", {"size_total": GIB, "active_policy_name": "absent"})
    assert dummy.get_volume("a") == volume


@pytest.mark.parametrize("size", [0, 1, 5 * 1024 * TIB, 2**63 - 1])
def test_sizes_are_promises_and_may_exceed_the_capacity(dummy: DummyStorage, size: int) -> None:
    assert dummy.create_volume("a", {"size_total": size}).size_total == size
    assert dummy.get_volume("a").size_total == size


def test_it_cannot_grow_to_less_than_it_has(dummy: DummyStorage) -> None:
    too_low = VolumeCreate(size_total=GIB, autosize_enabled=True, max_autosize=GIB - 1)
    with pytest.raises(Invalid, match="max_autosize"):
        dummy.create_volume("a", too_low)
    dummy.create_volume("a", {**too_low, "autosize_enabled": False})
    with pytest.raises(Invalid, match="max_autosize"):
        dummy.update_volume("a", {"autosize_enabled": True})
    dummy.update_volume("a", {"autosize_enabled": True, "max_autosize": GIB})
    with pytest.raises(Invalid, match="max_autosize"):
        dummy.update_volume("a", {"size_total": 2 * GIB})


def test_a_change_leaves_the_rest_alone(dummy: DummyStorage) -> None:
    dummy.create_policy("clients", [])
    before = dummy.create_volume("a", EVERYTHING)
    changes = VolumePatch(size_total=2 * GIB, caching_policy="none")
    for _ in range(2):
        after = dummy.update_volume("a", changes)
        assert vars(after) == vars(before) | changes
        assert dummy.get_volume("a") == after


def test_a_restricted_volume_is_gone_and_its_name_free(dummy: DummyStorage) -> None:
    first = dummy.create_volume("a", {"size_total": GIB})
    dummy.create_snapshot("a", "s", purge_old_if_needed=False)
    dummy.create_lock("a", "host")
    dummy.restrict_volume("a")
    assert dummy.list_volumes() == []
    for call in (dummy.get_volume, dummy.restrict_volume, dummy.list_snapshots, dummy.get_lock):
        with pytest.raises(NotFound):
            call("a")
    second = dummy.create_volume("a", {})
    assert second.uuid != first.uuid
    assert dummy.list_snapshots("a") == []
    assert dummy.get_lock("a") == []


def test_restricting_one_leaves_the_others_alone(dummy: DummyStorage) -> None:
    for name in ("a", "a/b"):
        dummy.create_volume(name, {})
        dummy.create_snapshot(name, "s", purge_old_if_needed=False)
        dummy.create_lock(name, "host")
    dummy.restrict_volume("a")
    assert [volume.name for volume in dummy.list_volumes()] == ["a/b"]
    assert len(dummy.list_snapshots("a/b")) == len(dummy.get_lock("a/b")) == 1


def test_an_absent_volume_is_not_found(dummy: DummyStorage) -> None:
    with pytest.raises(NotFound, match="no volume 'a'"):
        dummy.update_volume("a", {"size_total": GIB})
