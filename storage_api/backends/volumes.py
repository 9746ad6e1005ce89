"""The families of file storage: volumes, snapshots, locks, export policies.

Names arrive checked (``domain.names``). Every method may raise a ``BackendError``.
"""

from abc import ABC, abstractmethod

from storage_api.domain.models import ExportPolicy, Lock, Snapshot, Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch


class VolumeStore(ABC):
    @abstractmethod
    def list_volumes(self) -> list[Volume]:
        """All usable volumes; restricted ones are left out."""

    @abstractmethod
    def get_volume(self, name: str) -> Volume:
        """One volume.

        Raises:
            NotFound: there is none of that name.
        """

    @abstractmethod
    def create_volume(self, name: str, fields: VolumeCreate) -> Volume:
        """Create a volume; keys that are absent take the back-end's defaults.

        Never answers an existing volume as a new one: of several callers that ask
        at once, one succeeds.

        Raises:
            AlreadyExists: the name or the junction path is in use.
            Invalid: a key is missing, out of range or not changeable here.
        """

    @abstractmethod
    def update_volume(self, name: str, changes: VolumePatch) -> Volume:
        """Apply every change or none, and answer the volume as the back-end then shows it.

        Repeating it changes nothing more.

        Raises:
            NotFound: there is no such volume.
            Invalid: a value cannot be honoured (for instance an unknown export policy).
        """

    @abstractmethod
    def restrict_volume(self, name: str) -> None:
        """Take the volume out of use without destroying its data, as far as the system can.

        Afterwards it is neither listed nor found through this API.

        Raises:
            NotFound: there is no such volume (also on the second call).
        """


class SnapshotStore(ABC):
    @abstractmethod
    def list_snapshots(self, volume: str) -> list[Snapshot]:
        """A volume's snapshots, oldest first.

        Raises:
            NotFound: there is no such volume.
        """

    @abstractmethod
    def get_snapshot(self, volume: str, name: str) -> Snapshot:
        """One snapshot.

        Raises:
            NotFound: there is no such volume or snapshot.
        """

    @abstractmethod
    def create_snapshot(self, volume: str, name: str, *, purge_old_if_needed: bool) -> Snapshot:
        """Keep the volume's state of now.

        Raises:
            NotFound: there is no such volume.
            AlreadyExists: it has a snapshot of that name.
            Conflict: it has as many snapshots as it can. With ``purge_old_if_needed``
                the oldest that nothing depends on is deleted instead.
        """

    @abstractmethod
    def delete_snapshot(self, volume: str, name: str) -> None:
        """Delete a snapshot.

        Raises:
            NotFound: there is no such volume or snapshot (also on the second call).
            Conflict: something depends on it.
        """

    @abstractmethod
    def rollback_volume(self, volume: str, snapshot: str) -> Volume:
        """Bring the volume back to the snapshot's state.

        Snapshots that are newer than it are lost, as are all later changes.
        A repeat brings it to the same state again.

        Raises:
            NotFound: there is no such volume or snapshot.
            Conflict: something depends on a newer snapshot.
        """

    @abstractmethod
    def clone_volume(self, name: str, source: str, snapshot: str, fields: VolumeCreate) -> Volume:
        """Create a writable volume in the state of ``source`` at ``snapshot``.

        It has its own name and shares nothing that changes: later changes of either
        one do not show in the other.

        Raises:
            NotFound: there is no such source volume or snapshot.
            AlreadyExists: ``name`` is in use.
        """


class LockStore(ABC):
    @abstractmethod
    def get_lock(self, volume: str) -> list[Lock]:
        """The hosts that hold the volume's lock: none or one, or several where clients lock files.

        Raises:
            NotFound: there is no such volume.
        """

    @abstractmethod
    def create_lock(self, volume: str, host: str) -> Lock:
        """Lock the volume for ``host``; a repeat by the same host changes nothing.

        Raises:
            NotFound: there is no such volume.
            LockHeld: another host holds the lock.
        """

    @abstractmethod
    def delete_lock(self, volume: str, host: str) -> None:
        """Break the lock if ``host`` holds it; otherwise do nothing.

        Raises:
            NotFound: there is no such volume.
        """


class ExportStore(ABC):
    @abstractmethod
    def list_policies(self) -> list[ExportPolicy]:
        """All export policies with their rules."""

    @abstractmethod
    def get_policy(self, name: str) -> ExportPolicy:
        """One policy; an empty rule list denies everybody.

        Raises:
            NotFound: there is none of that name.
        """

    @abstractmethod
    def create_policy(self, name: str, rules: list[str]) -> ExportPolicy:
        """Create a policy; rules keep their order, repeated ones are taken once.

        Raises:
            AlreadyExists: the name is in use.
        """

    @abstractmethod
    def delete_policy(self, name: str) -> None:
        """Delete a policy; afterwards the name is free.

        Raises:
            NotFound: there is none of that name (also on the second call).
            Conflict: a volume uses it.
        """

    @abstractmethod
    def ensure_rule(self, policy: str, rule: str) -> ExportPolicy:
        """Append ``rule`` unless the policy has it; a repeat changes nothing.

        Raises:
            NotFound: there is no such policy.
        """

    @abstractmethod
    def remove_rule(self, policy: str, rule: str) -> None:
        """Remove ``rule`` if the policy has it; a repeat changes nothing.

        Raises:
            NotFound: there is no such policy.
        """
