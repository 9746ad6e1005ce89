"""Snapshots, and rolling a volume back to one."""

from uuid import uuid4

import structlog

from storage_api.backends.netapp import mapping_snapshots as mapping
from storage_api.backends.netapp.base import VOLUMES, NetappBase
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.mapping import uuid_of
from storage_api.backends.netapp.refusals import AMBIGUOUS, JobUnfinished, amended, code_of
from storage_api.backends.volumes import SnapshotStore, VolumeStore
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendTimeout,
    Conflict,
    NotFound,
)
from storage_api.domain.models import Snapshot, Volume
from storage_api.transport.gate import NeverSent

_TOO_MANY = "525062"
_IN_USE = frozenset({"1638555", "1638543", "524481"})
#: Snapshots that are tried before a purge gives up.
_MOST_TRIES = 5

log = structlog.get_logger(__name__)


class Unrepeatable(BackendTimeout):
    """Something destructive was asked for, and its outcome is not known for certain.

    No client may repeat it by itself: that would destroy what was written since.
    """

    retryable = False


class Snapshots(NetappBase, VolumeStore, SnapshotStore):
    """Volumes are looked up each time: one that another process restricted hides its snapshots."""

    def list_snapshots(self, volume: str) -> list[Snapshot]:
        """A volume's snapshots, oldest first.

        ONTAP tells their age in whole seconds; those of one second stay in its own order.
        """
        rows = self._snapshots(self._uuid_of(volume))
        return [mapping.snapshot_record(row) for row in mapping.oldest_first(rows)]

    def get_snapshot(self, volume: str, name: str) -> Snapshot:
        return mapping.snapshot_record(self._snapshot(self._uuid_of(volume), volume, name))

    def create_snapshot(self, volume: str, name: str, *, purge_old_if_needed: bool) -> Snapshot:
        """Keep the volume's state of now.

        If the volume has as many snapshots as ONTAP allows (1023), the oldest one that nothing
        is known to need goes, and the creation is tried once more. What has owners, is locked
        against deletion or is the baseline of a replication stays.
        """
        with self._changing_volume(volume):
            uuid = self._uuid_of(volume)
            try:
                self._take_snapshot(uuid, name)
            except Conflict as refusal:
                if code_of(refusal) != _TOO_MANY or not purge_old_if_needed:
                    raise
                self._purge_oldest(uuid, volume, name)
                self._take_snapshot(uuid, name)
            made = self._told(
                f"The snapshot {name!r} is taken.", lambda: self._snapshot(uuid, volume, name)
            )
            return mapping.snapshot_record(made)

    def delete_snapshot(self, volume: str, name: str) -> None:
        with self._changing_volume(volume):
            uuid = self._uuid_of(volume)
            self._delete_snapshot(uuid, self._snapshot(uuid, volume, name))

    def rollback_volume(self, volume: str, snapshot: str) -> Volume:
        """Bring the volume's data back to the snapshot's state; its settings stay.

        Four calls: a look at the volume, at the snapshot, the rollback, the volume afterwards.
        It is asked for once. After a time-out or a cut connection nobody knows whether it
        happened, and the error says so.
        """
        with self._changing_volume(volume):
            uuid = self._uuid_of(volume)
            self._snapshot(uuid, volume, snapshot)
            wanted = {"restore_to": {"snapshot": {"name": snapshot}}}
            try:
                self._ontap.modify(f"{VOLUMES}/{uuid}", wanted, repeatable=False)
            except AMBIGUOUS as error:
                if code_of(error) is not None or isinstance(error, NeverSent):
                    raise
                raise Unrepeatable(
                    f"{error} It is not known whether the volume {volume!r} was rolled back: look "
                    "at its snapshots before asking again, as that would undo all later changes."
                ) from error
        try:
            return self.get_volume(volume)
        except BackendError as error:
            raise Unrepeatable(
                f"The volume {volume!r} was rolled back, but cannot be read now: {error}"
            ) from error

    # One volume's snapshots, by the volume's uuid

    def _uuid_of(self, volume: str) -> str:
        return uuid_of(self._existing_volume(volume, "uuid"))

    def _snapshots(self, uuid: str, **query: str) -> list[Json]:
        return self._ontap.records(_path(uuid), {"fields": mapping.FIELDS, **query})

    def _find_snapshot(self, uuid: str, name: str) -> Json | None:
        """ONTAP would take ``..`` in a query for a range, so such a name is looked for here."""
        rows = self._snapshots(uuid) if ".." in name else self._snapshots(uuid, name=name)
        return next((row for row in rows if row.get("name") == name), None)

    def _snapshot(self, uuid: str, volume: str, name: str) -> Json:
        found = self._find_snapshot(uuid, name)
        if found is None:
            raise NotFound(f"The volume {volume!r} has no snapshot {name!r}.")
        return found

    def _take_snapshot(self, uuid: str, name: str) -> None:
        """The comment tells our snapshot from another caller's when the answer is lost."""
        mark = f"storage-api {uuid4()}"
        try:
            self._ontap.create(_path(uuid), {"name": name, "comment": mark})
        except AMBIGUOUS as error:
            if code_of(error) is not None or isinstance(error, NeverSent | JobUnfinished):
                raise
            unknown = amended(error, f"The snapshot {name!r} may exist; look before a repeat.")
            found = self._after(unknown, lambda: self._find_snapshot(uuid, name))
            if found is None or found.get("comment") != mark:
                raise unknown from error

    def _delete_snapshot(self, uuid: str, row: Json) -> None:
        """Gone is gone, whoever did it.

        Raises:
            Conflict: something needs the snapshot; the text says what.
        """
        try:
            self._ontap.delete(f"{_path(uuid)}/{uuid_of(row)}")
        except NotFound:
            return
        except Conflict as refusal:
            if code_of(refusal) not in _IN_USE:
                raise
            users = ", ".join(self._users_of(uuid, row)) or "it is locked against deletion"
            raise Conflict(f"The snapshot {row['name']!r} is in use: {users}.") from refusal
        except AMBIGUOUS as error:
            if code_of(error) is not None:
                raise
            left = self._after(error, lambda: self._find_snapshot(uuid, row["name"]))
            if left is not None and uuid_of(left) == uuid_of(row):
                raise

    def _users_of(self, uuid: str, row: Json) -> list[str]:
        """The snapshot's owners; those that are clones by their names, where ONTAP tells them."""
        owners = mapping.holders(row)
        if mapping.CLONE not in owners:
            return owners
        parent = {"clone.parent_volume.uuid": uuid, "clone.parent_snapshot.uuid": uuid_of(row)}
        try:
            rows = self._ontap.records(VOLUMES, {**self._svm(), **parent, "fields": "name"})
            return mapping.with_clones(owners, rows)
        except BackendError:
            return owners

    def _purge_oldest(self, uuid: str, volume: str, name: str) -> None:
        """Make room for the snapshot ``name``, unless it is there already."""
        rows = self._snapshots(uuid)
        if any(row.get("name") == name for row in rows):
            raise AlreadyExists(f"The volume {volume!r} already has a snapshot {name!r}.")
        for row in mapping.purgeable(rows)[:_MOST_TRIES]:
            try:
                self._delete_snapshot(uuid, row)
            except Conflict as refusal:
                log.info("snapshot-not-purged", snapshot=row["name"], reason=str(refusal))
            else:
                log.info("snapshot-purged", volume=volume, snapshot=row["name"])
                return
        raise Conflict(
            f"The volume {volume!r} has as many snapshots as it can, "
            "and something needs each of the oldest."
        )


def _path(uuid: str) -> str:
    return f"{VOLUMES}/{uuid}/snapshots"
