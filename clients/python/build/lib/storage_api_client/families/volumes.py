"""Volumes, and what lies below one: snapshots, locks, orders of a portal."""

from collections.abc import Iterator
from typing import ClassVar, Unpack, cast

from storage_api_client.errors import ConfigurationError
from storage_api_client.families.family import Family
from storage_api_client.records import (
    AppliedOptions,
    Lock,
    Order,
    OrderApproval,
    OrderFailure,
    OrderFilters,
    Snapshot,
    SnapshotFilters,
    SnapshotPost,
    Volume,
    VolumeFilters,
    VolumePatch,
    VolumePost,
)

#: What follows a volume's name in the paths of things below it.
_BELOW = frozenset({"snapshots", "locks", "orders", "backend-id", "options"})


class Volumes(Family):
    """``/v3/<e>/volumes``. Names may have slashes."""

    slashes: ClassVar[bool] = True

    def _at(self, name: str, tail: str = "") -> str:
        """Raises ``ConfigurationError`` for a name whose path means something below a volume.

        Deleting the volume ``a/snapshots/b`` would delete a snapshot of ``a``.
        """
        path = super()._at(name, tail)
        if _BELOW & set(name.split("/")[1:]):
            raise ConfigurationError(f"the API has no path for a volume of this name: {name!r}")
        return path

    def list(self, **filters: Unpack[VolumeFilters]) -> Iterator[Volume]:
        """All that are not restricted."""
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> Volume:
        return cast("Volume", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[VolumePost]) -> Volume:
        """A new volume; a clone with ``from_volume`` and ``from_snapshot``.

        ``from_snapshot`` alone rolls the existing volume back: see ``rollback``.

        Raises:
            AlreadyExists: even if it is just so, for a repeat cannot be told from a mistake.
        """
        return cast("Volume", self._caller.post(self._at(name), body))

    def rollback(self, name: str, snapshot: str) -> Volume:
        """Put the volume back to a snapshot. What was written since is lost."""
        body = VolumePost(from_snapshot=snapshot)
        return cast("Volume", self._caller.post(self._at(name), body))

    def update(self, name: str, /, **body: Unpack[VolumePatch]) -> Volume:
        """Answers the volume as the back-end then shows it."""
        return cast("Volume", self._caller.patch(self._at(name), body))

    def delete(self, name: str, /) -> None:
        """Restrict it: it is taken out of use, not destroyed."""
        self._caller.delete(self._at(name))

    def set_backend_id(self, name: str, backend_id: str) -> Volume:
        """Say where it really is; that becomes its name, so a repeat finds none of the old one."""
        path = self._at(name, "/backend-id")
        body = {"backend_id": backend_id}
        return cast("Volume", self._caller.put(path, body, repeatable=False))

    def set_options(self, name: str, /, **options: Unpack[AppliedOptions]) -> Volume:
        """Say which limits and permissions are really set."""
        return cast("Volume", self._caller.put(self._at(name, "/options"), options))

    def below(self, name: str, tail: str) -> str:
        """The path of what lies below one volume."""
        return self._at(name, tail)


class Snapshots(Family):
    """``/v3/<e>/volumes/<volume>/snapshots``."""

    def list(self, **filters: Unpack[SnapshotFilters]) -> Iterator[Snapshot]:
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> Snapshot:
        return cast("Snapshot", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[SnapshotPost]) -> Snapshot:
        return cast("Snapshot", self._caller.post(self._at(name), body))

    def delete(self, name: str, /) -> None:
        self._caller.delete(self._at(name))


class Locks(Family):
    """``/v3/<e>/volumes/<volume>/locks``."""

    def list(self) -> Iterator[Lock]:
        """Who holds the volume's lock; nobody, or one."""
        return self._caller.pages(self._path)

    def create(self, host: str) -> Lock:
        """Raises ``Conflict`` while another host holds it."""
        return cast("Lock", self._caller.put(self._at(host)))

    def delete(self, host: str) -> None:
        """Break the host's lock; nothing happens if it holds none."""
        self._caller.delete(self._at(host))


class Orders(Family):
    """``/v3/<e>/volumes/<volume>/orders``: what is done about what a portal ordered.

    Each verb answers an order that has been treated so already as it is.
    """

    def list(self, **filters: Unpack[OrderFilters]) -> Iterator[Order]:
        """The open ones; there is one at most."""
        return self._caller.pages(self._path, filters)

    def approve(self, order: str, /, **body: Unpack[OrderApproval]) -> Order:
        return self._decide(order, "approve", body)

    def reject(self, order: str, reason: str) -> Order:
        return self._decide(order, "reject", {"reason": reason})

    def complete(self, order: str) -> Order:
        return self._decide(order, "done", None)

    def fail(self, order: str, /, **body: Unpack[OrderFailure]) -> Order:
        return self._decide(order, "erred", body)

    def _decide(self, order: str, verb: str, body: object) -> Order:
        path = self._at(order, f"/{verb}")
        return cast("Order", self._caller.post(path, body, repeatable=True))
