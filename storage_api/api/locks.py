"""``/v3/<e>/volumes/<volume>/locks``: as CERN's storage-api v3 published it."""

from http import HTTPStatus

from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.api.volumes import NO_VOLUME
from storage_api.backends.volumes import LockStore
from storage_api.domain.models import Lock
from storage_api.security.roles import Role


class LockList(BackendResource):
    v3 = True
    backend: LockStore

    @operation("list_locks", Role.USER, returns=list[Lock], errors=NO_VOLUME)
    def get(self, volume: str) -> list[Lock]:
        """Show who holds the volume's lock

        An empty list if nobody does."""
        return self.backend.get_lock(volume)


class LockItem(BackendResource):
    v3 = True
    backend: LockStore

    @operation(
        "create_lock",
        Role.ADMIN,
        returns=Lock,
        status=HTTPStatus.CREATED,
        errors=NO_VOLUME | {HTTPStatus.BAD_REQUEST: "Another host holds the lock."},
    )
    def put(self, volume: str, host: str) -> Lock:
        """Lock the volume for a host"""
        return self.backend.create_lock(volume, host)

    @operation("delete_lock", Role.UBER_ADMIN, status=HTTPStatus.NO_CONTENT, errors=NO_VOLUME)
    def delete(self, volume: str, host: str) -> None:
        """Break a host's lock

        Nothing happens if the host does not hold it."""
        self.backend.delete_lock(volume, host)
