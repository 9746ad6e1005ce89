"""FlexClones: writable volumes that begin as a snapshot of another one."""

from uuid import uuid4

from storage_api.backends.netapp import mapping_changes
from storage_api.backends.netapp import mapping_clones as mapping
from storage_api.backends.netapp.exports import Exports
from storage_api.backends.netapp.mapping import uuid_of
from storage_api.backends.netapp.refusals import amended
from storage_api.backends.netapp.snapshots import Snapshots
from storage_api.backends.netapp.volumes import Volumes
from storage_api.domain.errors import Invalid, StorageError
from storage_api.domain.models import Volume
from storage_api.domain.requests import VolumeCreate


class Clones(Volumes, Snapshots, Exports):
    def clone_volume(self, name: str, source: str, snapshot: str, fields: VolumeCreate) -> Volume:
        """Create a volume that shares its parent's blocks until either of them changes.

        It is mounted at the request's ``junction_path`` (or at the path that ``name`` holds),
        and nowhere without one. ONTAP gives a clone its parent's aggregate, size and settings
        and takes no others at its creation, so ``aggregate_name`` must be the parent's, and
        the keys that a PATCH may have are set by one right afterwards. What is surely wrong
        with them is said before anything is made; if the PATCH fails all the same, the clone
        stays, and the error says so and what to do.

        Raises:
            NotFound: there is no such source volume or snapshot.
            AlreadyExists: the name or the junction path is in use.
            Invalid: a key that this clone cannot have.
        """
        place = mapping.clone_place(name, fields)
        settings = mapping.clone_settings(fields)
        self._check_caching_policy(settings)
        parent = self._existing_volume(source, mapping_changes.FIELDS)
        mapping.check_clone(fields, parent)
        self._snapshot(uuid_of(parent), source, snapshot)
        self._check_policy(settings.get("active_policy_name"))
        mark = f"storage-api {uuid4()}"
        try:
            self._post_once(
                mapping.clone_body(place, self._options.vserver, parent, snapshot, mark)
            )
        finally:
            self._all_volumes.forget()
        if not settings:
            return self._told(
                f"The clone {place.name!r} is made.", lambda: self.get_volume(place.name)
            )
        try:
            return self.update_volume(place.name, settings)
        except StorageError as error:
            left = f"The clone {place.name!r} is made, but has settings of its parent: PATCH it."
            raise amended(error, left) from error

    def _check_policy(self, name: str | None) -> None:
        if name is not None and self._find_policy(name) is None:
            raise Invalid(f"There is no export policy {name!r}.")
