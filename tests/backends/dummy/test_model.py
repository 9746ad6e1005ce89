"""Volumes and snapshots against a model made of dicts: whatever the order of the calls."""

import copy
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.domain.errors import AlreadyExists, Conflict, NotFound
from storage_api.domain.requests import VolumePatch

NAMES = st.sampled_from(["a", "b", "a/b"])
SNAPSHOTS = st.sampled_from(["s", "t", "u"])
PATHS = st.sampled_from([None, "/m", "/n"])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "size_total": st.integers(0, 2**63 - 1),
        "caching_policy": st.text(min_size=1, max_size=3),
        "compression_enabled": st.booleans(),
    },
)


@dataclass
class Model:
    """A volume as it should be."""

    settings: dict[str, Any]
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    host: str | None = None


class Volumes(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.dummy = DummyStorage(DummyOptions())
        self.model: dict[str, Model] = {}

    def _mounted(self, path: str | None) -> list[str]:
        return [n for n, v in self.model.items() if path and v.settings["junction_path"] == path]

    @rule(name=NAMES, path=PATHS, settings=SETTINGS)
    def create(self, name: str, path: str | None, settings: dict[str, Any]) -> None:
        fields = cast("Any", settings | ({"junction_path": path} if path else {}))
        if name in self.model or self._mounted(path):
            with pytest.raises(AlreadyExists):
                self.dummy.create_volume(name, fields)
            return
        self.dummy.create_volume(name, fields)
        self.model[name] = Model({"size_total": 0, "junction_path": path} | settings)

    @rule(name=NAMES, settings=SETTINGS)
    def update(self, name: str, settings: dict[str, Any]) -> None:
        if name not in self.model:
            with pytest.raises(NotFound):
                self.dummy.update_volume(name, cast("VolumePatch", settings))
            return
        self.dummy.update_volume(name, cast("VolumePatch", settings))
        self.model[name].settings |= settings

    @rule(name=NAMES)
    def restrict(self, name: str) -> None:
        if self.model.pop(name, None):
            self.dummy.restrict_volume(name)
        else:
            with pytest.raises(NotFound):
                self.dummy.restrict_volume(name)

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def take(self, name: str, snapshot: str) -> None:
        volume = self.model.get(name)
        if volume and snapshot not in volume.snapshots:
            self.dummy.create_snapshot(name, snapshot, purge_old_if_needed=False)
            volume.snapshots[snapshot] = copy.deepcopy(volume.settings)
        else:
            with pytest.raises(AlreadyExists if volume else NotFound):
                self.dummy.create_snapshot(name, snapshot, purge_old_if_needed=False)

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def delete(self, name: str, snapshot: str) -> None:
        volume = self.model.get(name)
        if volume and volume.snapshots.pop(snapshot, None) is not None:
            self.dummy.delete_snapshot(name, snapshot)
        else:
            with pytest.raises(NotFound):
                self.dummy.delete_snapshot(name, snapshot)

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def roll_back(self, name: str, snapshot: str) -> None:
        volume = self.model.get(name)
        if not volume or snapshot not in volume.snapshots:
            with pytest.raises(NotFound):
                self.dummy.rollback_volume(name, snapshot)
            return
        kept = volume.snapshots[snapshot]
        if set(self._mounted(kept["junction_path"])) - {name}:
            with pytest.raises(Conflict):
                self.dummy.rollback_volume(name, snapshot)
            return
        self.dummy.rollback_volume(name, snapshot)
        names = list(volume.snapshots)
        volume.snapshots = {
            key: volume.snapshots[key] for key in names[: names.index(snapshot) + 1]
        }
        volume.settings = copy.deepcopy(kept)

    @rule(name=NAMES, source=NAMES, snapshot=SNAPSHOTS)
    def clone(self, name: str, source: str, snapshot: str) -> None:
        origin = self.model.get(source)
        if not origin or snapshot not in origin.snapshots:
            with pytest.raises(NotFound):
                self.dummy.clone_volume(name, source, snapshot, {})
        elif name in self.model:
            with pytest.raises(AlreadyExists):
                self.dummy.clone_volume(name, source, snapshot, {})
        else:
            self.dummy.clone_volume(name, source, snapshot, {})
            self.model[name] = Model(origin.snapshots[snapshot] | {"junction_path": None})

    @rule(name=NAMES, host=st.sampled_from(["x", "y"]))
    def break_and_take_lock(self, name: str, host: str) -> None:
        volume = self.model.get(name)
        if volume is None:
            with pytest.raises(NotFound):
                self.dummy.create_lock(name, host)
        elif volume.host in {None, host}:
            self.dummy.create_lock(name, host)
            volume.host = host
        else:
            with pytest.raises(Conflict):
                self.dummy.create_lock(name, host)
            self.dummy.delete_lock(name, host)
            self.dummy.delete_lock(name, volume.host or "")
            volume.host = None

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        volumes = self.dummy.list_volumes()
        assert [volume.name for volume in volumes] == sorted(self.model)
        assert len({volume.uuid for volume in volumes}) == len(volumes)
        for volume in volumes:
            expected = self.model[volume.name]
            found = {key: getattr(volume, key) for key in expected.settings}
            assert found == expected.settings
            assert self.dummy.get_volume(volume.name) == volume
            snapshots = [item.name for item in self.dummy.list_snapshots(volume.name)]
            assert snapshots == list(expected.snapshots)
            locks = [lock.host for lock in self.dummy.get_lock(volume.name)]
            assert locks == ([expected.host] if expected.host else [])


TestVolumes = Volumes.TestCase
