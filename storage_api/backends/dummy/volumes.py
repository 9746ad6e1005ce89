"""Volumes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from storage_api.backends.dummy.family import Family, now, require
from storage_api.backends.dummy.kinds import (
    EXPORT_POLICY,
    LOCK,
    SNAPSHOT,
    VOLUME,
    VOLUMES_BY_JUNCTION_PATH,
)
from storage_api.backends.dummy.transaction import Transaction, View
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.errors import AlreadyExists, Invalid
from storage_api.domain.models import Ref, Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch

_FILER = "dummy-filer"
_AGGREGATE = "dummy-aggregate"


class DummyVolumes(Family, VolumeStore):
    def list_volumes(self) -> list[Volume]:
        return self._store.all(VOLUME)

    def get_volume(self, name: str) -> Volume:
        with self._store.view() as view:
            return volume_of(view, name)

    def create_volume(self, name: str, fields: VolumeCreate) -> Volume:
        volume = with_settings(new_volume(name), fields)
        with self._store.transaction() as tx:
            if tx.has(VOLUME, Ref(None, name)):
                raise AlreadyExists(f"The volume {name!r} already exists.")
            add_volume(tx, volume)
        return volume

    def update_volume(self, name: str, changes: VolumePatch) -> Volume:
        with self._store.transaction() as tx:
            former = volume_of(tx, name)
            volume = with_settings(former, changes)
            check_policy(tx, volume)
            if volume != former:
                tx.put(VOLUME, Ref(None, name), volume)
        return volume

    def restrict_volume(self, name: str) -> None:
        with self._store.transaction() as tx:
            volume_of(tx, name)
            tx.delete(VOLUME, Ref(None, name))
            tx.delete(LOCK, Ref(None, name))
            tx.delete_members(SNAPSHOT, name)


def volume_of(view: View, name: str) -> Volume:
    """Raises ``NotFound``."""
    return require(view, VOLUME, Ref(None, name))


def new_volume(name: str) -> Volume:
    return Volume(
        name=name,
        uuid=str(uuid4()),
        size_total=0,
        size_used=0,
        filer_address=_FILER,
        aggregate_name=_AGGREGATE,
        state="online",
        creation_time=now(),
    )


def with_settings(volume: Volume, fields: VolumeCreate | VolumePatch) -> Volume:
    """The volume as asked for; the name stays, whatever the request's body says.

    Raises:
        Invalid: the settings contradict each other.
    """
    settings: Mapping[str, Any] = fields
    changed = replace(volume, **{key: settings[key] for key in settings if key != "name"})
    ceiling = changed.max_autosize
    if changed.autosize_enabled and ceiling is not None and ceiling < (changed.size_total or 0):
        raise Invalid("max_autosize is smaller than size_total.")
    return changed


def add_volume(tx: Transaction, volume: Volume) -> None:
    """Write a new volume.

    Raises:
        AlreadyExists: another volume is mounted at its junction path.
        Invalid: its export policy does not exist.
    """
    check_policy(tx, volume)
    if neighbour := mounted_at(tx, volume.junction_path):
        raise AlreadyExists(
            f"The junction path {volume.junction_path!r} is already in use by {neighbour!r}."
        )
    tx.put(VOLUME, Ref(None, volume.name), volume)


def check_policy(view: View, volume: Volume) -> None:
    """Raises ``Invalid`` if the volume's export policy does not exist."""
    if not has_policy(view, volume):
        raise Invalid(f"There is no export policy {volume.active_policy_name!r}.")


def has_policy(view: View, volume: Volume) -> bool:
    """Whether the volume's export policy, if it has one, exists."""
    policy = volume.active_policy_name
    return policy is None or view.has(EXPORT_POLICY, Ref(None, policy))


def mounted_at(view: View, path: str | None) -> str | None:
    """The name of the volume that is mounted at ``path``."""
    volumes = view.find(VOLUMES_BY_JUNCTION_PATH, path) if path else []
    return volumes[0].name if volumes else None
