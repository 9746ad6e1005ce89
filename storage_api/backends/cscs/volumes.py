"""Volumes: the space of projects and users. They come and go by orders in Waldur."""

from storage_api.backends.cscs.base import CscsBase
from storage_api.backends.cscs.records import living, volume_record
from storage_api.backends.cscs.snapshot import COLLISION
from storage_api.backends.volumes import VolumeStore
from storage_api.domain import names
from storage_api.domain.errors import NotSupported
from storage_api.domain.models import Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch


class Volumes(CscsBase, VolumeStore):
    def list_volumes(self) -> list[Volume]:
        """Without what is removed, shares its path, or has a path that is no name here."""
        snapshot = self._catalogue.get().value
        records = [
            volume_record(entry, self._rules)
            for entry in living(snapshot)
            if entry.problem != COLLISION
        ]
        return [record for record in records if names.VOLUME.allows(record.name)]

    def get_volume(self, name: str) -> Volume:
        return volume_record(self._living(name), self._rules)

    def create_volume(self, name: str, fields: VolumeCreate) -> Volume:
        del name, fields
        raise _by_order("made")

    def update_volume(self, name: str, changes: VolumePatch) -> Volume:
        del name, changes
        raise _by_order("changed")

    def restrict_volume(self, name: str) -> None:
        del name
        raise _by_order("removed")


def _by_order(done: str) -> NotSupported:
    return NotSupported(
        f"Volumes of this back-end are {done} by orders in Waldur, "
        "which its provider approves and reports on below /volumes/<name>/orders."
    )
