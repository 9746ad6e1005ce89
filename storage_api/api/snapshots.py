"""``/v3/<e>/volumes/<volume>/snapshots``: as CERN's storage-api v3 published it."""

from http import HTTPStatus

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.api.volumes import NO_SPACE, NO_VOLUME
from storage_api.backends.volumes import SnapshotStore
from storage_api.domain.models import Snapshot
from storage_api.domain.requests import SnapshotPost
from storage_api.security.roles import Role

_NO_SNAPSHOT = {HTTPStatus.NOT_FOUND: "There is no such volume or snapshot."}


class SnapshotList(BackendResource):
    v3 = True
    backend: SnapshotStore

    @operation("list_snapshots", Role.USER, returns=list[Snapshot], errors=NO_VOLUME)
    def get(self, volume: str) -> list[Snapshot]:
        """List a volume's snapshots"""
        return self.backend.list_snapshots(volume)


class SnapshotItem(BackendResource):
    v3 = True
    backend: SnapshotStore

    @operation("get_snapshot", Role.USER, returns=Snapshot, errors=_NO_SNAPSHOT)
    def get(self, volume: str, snapshot: str) -> Snapshot:
        """Get one snapshot"""
        return self.backend.get_snapshot(volume, snapshot)

    @operation(
        "create_snapshot",
        Role.ADMIN,
        returns=Snapshot,
        status=HTTPStatus.CREATED,
        body=Body(SnapshotPost, lenient=True),
        errors=NO_VOLUME
        | NO_SPACE
        | {
            HTTPStatus.BAD_REQUEST: "A snapshot of that name exists, or the request is wrong.",
            HTTPStatus.CONFLICT: "Too many snapshots; see `purge_old_if_needed`.",
        },
    )
    def post(self, volume: str, snapshot: str, body: SnapshotPost) -> Snapshot:
        """Take a snapshot"""
        purge = body.get("purge_old_if_needed", False)
        return self.backend.create_snapshot(volume, snapshot, purge_old_if_needed=purge)

    @operation(
        "delete_snapshot",
        Role.ADMIN,
        status=HTTPStatus.NO_CONTENT,
        errors=_NO_SNAPSHOT | {HTTPStatus.CONFLICT: "Something depends on the snapshot."},
    )
    def delete(self, volume: str, snapshot: str) -> None:
        """Delete a snapshot"""
        self.backend.delete_snapshot(volume, snapshot)
