"""Snapshots: each keeps the whole record of the volume, as it was when the snapshot was made."""

from dataclasses import replace

from storage_api.backends.dummy.family import Family, now, require
from storage_api.backends.dummy.kinds import SNAPSHOT, VOLUME, KeptState
from storage_api.backends.dummy.transaction import Transaction, View
from storage_api.backends.dummy.volumes import (
    add_volume,
    has_policy,
    mounted_at,
    new_volume,
    volume_of,
    with_settings,
)
from storage_api.backends.volumes import SnapshotStore
from storage_api.domain.errors import AlreadyExists, Conflict
from storage_api.domain.models import Ref, Snapshot, Volume
from storage_api.domain.requests import VolumeCreate

#: As many as an ONTAP volume can have.
MAX_SNAPSHOTS = 1023


class DummySnapshots(Family, SnapshotStore):
    def list_snapshots(self, volume: str) -> list[Snapshot]:
        with self._store.view() as view:
            volume_of(view, volume)
            return [kept.snapshot for kept in view.members(SNAPSHOT, volume)]

    def get_snapshot(self, volume: str, name: str) -> Snapshot:
        with self._store.view() as view:
            return _kept(view, volume, name).snapshot

    def create_snapshot(self, volume: str, name: str, *, purge_old_if_needed: bool) -> Snapshot:
        # It is a copy of a record and holds no block of data: 0 is its true size.
        snapshot = Snapshot(name=name, size_kbytes=0, creation_time=now())
        with self._store.transaction() as tx:
            state = volume_of(tx, volume)
            if tx.has(SNAPSHOT, Ref(volume, name)):
                raise AlreadyExists(f"The snapshot {name!r} of {volume!r} already exists.")
            _make_room(tx, volume, purge=purge_old_if_needed)
            tx.put(SNAPSHOT, Ref(volume, name), KeptState(snapshot=snapshot, volume=state))
        return snapshot

    def delete_snapshot(self, volume: str, name: str) -> None:
        with self._store.transaction() as tx:
            _kept(tx, volume, name)
            tx.delete(SNAPSHOT, Ref(volume, name))

    def rollback_volume(self, volume: str, snapshot: str) -> Volume:
        with self._store.transaction() as tx:
            current = volume_of(tx, volume)
            kept = _kept(tx, volume, snapshot).volume
            restored = replace(kept, uuid=current.uuid, creation_time=current.creation_time)
            _check_restorable(tx, restored)
            _delete_newer(tx, volume, snapshot)
            tx.put(VOLUME, Ref(None, volume), restored)
        return restored

    def clone_volume(self, name: str, source: str, snapshot: str, fields: VolumeCreate) -> Volume:
        own = new_volume(name)
        with self._store.transaction() as tx:
            kept = _kept(tx, source, snapshot).volume
            if tx.has(VOLUME, Ref(None, name)):
                raise AlreadyExists(f"The name {name!r} is already in use.")
            copy = replace(
                kept,
                name=name,
                uuid=own.uuid,
                creation_time=own.creation_time,
                junction_path=None,
            )
            clone = with_settings(copy, fields)
            if "active_policy_name" not in fields:
                _check_policy_restorable(tx, clone)
            add_volume(tx, clone)
        return clone


def _kept(view: View, volume: str, name: str) -> KeptState:
    """Raises ``NotFound`` for the volume or the snapshot."""
    volume_of(view, volume)
    return require(view, SNAPSHOT, Ref(volume, name))


def _make_room(tx: Transaction, volume: str, *, purge: bool) -> None:
    if tx.count(SNAPSHOT, volume) < MAX_SNAPSHOTS:
        return
    if not purge:
        raise Conflict(f"The volume {volume!r} has {MAX_SNAPSHOTS} snapshots, the most it can.")
    oldest = tx.members(SNAPSHOT, volume)[0].snapshot
    tx.delete(SNAPSHOT, Ref(volume, oldest.name))


def _delete_newer(tx: Transaction, volume: str, snapshot: str) -> None:
    names = [kept.snapshot.name for kept in tx.members(SNAPSHOT, volume)]
    for name in names[names.index(snapshot) + 1 :]:
        tx.delete(SNAPSHOT, Ref(volume, name))


def _check_restorable(view: View, volume: Volume) -> None:
    _check_policy_restorable(view, volume)
    holder = mounted_at(view, volume.junction_path)
    if holder not in {None, volume.name}:
        raise Conflict(
            f"The snapshot's junction path {volume.junction_path!r} is in use by {holder!r}."
        )


def _check_policy_restorable(view: View, volume: Volume) -> None:
    if not has_policy(view, volume):
        raise Conflict(
            f"The snapshot's export policy {volume.active_policy_name!r} no longer exists."
        )
