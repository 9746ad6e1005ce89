"""``/v3/<e>/volumes``: as CERN's storage-api v3 published it."""

from http import HTTPStatus

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.backends.volumes import SnapshotStore, VolumeStore
from storage_api.domain.errors import Invalid, NotSupported
from storage_api.domain.models import Volume
from storage_api.domain.requests import VolumePatch, VolumePost
from storage_api.domain.units import TIB
from storage_api.security.roles import Role

NO_VOLUME = {HTTPStatus.NOT_FOUND: "There is no such volume."}
NO_SPACE = {HTTPStatus.INSUFFICIENT_STORAGE: "The back-end has no space left for this."}


class VolumeList(BackendResource):
    v3 = True
    backend: VolumeStore

    @operation("list_volumes", Role.USER, returns=list[Volume])
    def get(self) -> list[Volume]:
        """List all volumes

        Restricted volumes are left out."""
        return self.backend.list_volumes()


class VolumeItem(BackendResource):
    v3 = True
    backend: VolumeStore

    @operation("get_volume", Role.USER, returns=Volume, errors=NO_VOLUME)
    def get(self, volume: str) -> Volume:
        """Get one volume"""
        return self.backend.get_volume(volume)

    @operation(
        "create_volume",
        Role.ADMIN,
        returns=Volume,
        status=HTTPStatus.CREATED,
        body=Body(
            VolumePost,
            Volume,
            lenient=True,
            example={"size_total": TIB, "junction_path": "/projects/alice"},
        ),
        errors={
            HTTPStatus.BAD_REQUEST: "The volume exists already, or the request is wrong.",
            HTTPStatus.NOT_FOUND: "There is no such volume or snapshot to start from.",
            HTTPStatus.CONFLICT: "Something depends on what a rollback would remove.",
        }
        | NO_SPACE,
    )
    def post(self, volume: str, body: VolumePost) -> Volume:
        """Create a volume, clone one, or roll one back

        With `from_snapshot` alone, roll this existing volume back to that snapshot.
        With `from_volume` too, create this volume as a clone of that one in the state
        of the snapshot. With neither, create a new volume."""
        snapshot = body.pop("from_snapshot", None)
        source = body.pop("from_volume", None)
        if snapshot is None and source is None:
            return self.backend.create_volume(volume, body)
        if snapshot is None:
            raise Invalid("'from_volume' needs 'from_snapshot'.")
        if not isinstance(self.backend, SnapshotStore):
            raise NotSupported("This back-end has no snapshots.")
        if source is None:
            return self.backend.rollback_volume(volume, snapshot)
        return self.backend.clone_volume(volume, source, snapshot, body)

    @operation(
        "update_volume",
        Role.UBER_ADMIN,
        returns=Volume,
        body=Body(VolumePatch, Volume, lenient=True, example={"size_total": 2 * TIB}),
        errors=NO_VOLUME
        | NO_SPACE
        | {HTTPStatus.BAD_REQUEST: "No known key was given, or a value is wrong."},
    )
    def patch(self, volume: str, body: VolumePatch) -> Volume:
        """Change a volume

        Answers the volume as the back-end then shows it."""
        if not body:
            raise Invalid("No PATCH data provided: none of the keys is known.")
        return self.backend.update_volume(volume, body)

    @operation("restrict_volume", Role.UBER_ADMIN, status=HTTPStatus.NO_CONTENT, errors=NO_VOLUME)
    def delete(self, volume: str) -> None:
        """Restrict a volume

        It is taken out of use, not destroyed."""
        self.backend.restrict_volume(volume)
