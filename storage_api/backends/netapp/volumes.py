"""Volumes."""

from functools import cached_property

from storage_api.backends.netapp import mapping, mapping_changes
from storage_api.backends.netapp.base import VOLUMES
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.creation import Creation
from storage_api.backends.netapp.refusals import AMBIGUOUS, amended, code_of
from storage_api.backends.uncollected import uncollected
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.errors import Conflict, NotSupported, StorageError
from storage_api.domain.models import Volume
from storage_api.domain.requests import VolumeCreate, VolumePatch
from storage_api.transport.gate import NeverSent
from storage_api.transport.shared import Shared

_PRIVATE_CLI = "private/cli/volume"
_NODES_LAST_SECONDS = 60.0


class Volumes(Creation, VolumeStore):
    def list_volumes(self) -> list[Volume]:
        """All usable FlexVols of the SVM, in ONTAP's order: one call for each page.

        Callers at about the same time share one listing; a change made here ends it.
        """
        return self._all_volumes.get()[0]

    def _fetch_volumes(self) -> list[Volume]:
        wanted = {**self._svm(), "style": "flexvol", "state": "!restricted"}
        rows = self._ontap.records(VOLUMES, {**wanted, "fields": mapping.FIELDS})
        if not rows:
            self._check_svm()
        return self._records(rows)

    def get_volume(self, name: str) -> Volume:
        """One call. ``name`` may be ``node:/junction/path``; the node is not looked at."""
        return self._records([self._existing_volume(name, mapping.FIELDS)])[0]

    def create_volume(self, name: str, fields: VolumeCreate) -> Volume:
        """Three calls: the aggregate with most free space, the volume, a look at it.

        The name and the junction path come as ``name`` and the body's ``junction_path``, or as
        ``node:/junction/path`` and the body's ``name``. By default there is no snapshot reserve,
        compression is on, and the volume grows up to 1.2 times its size.
        """
        self._check_caching_policy(fields)
        try:
            own = self._make_volume(name, fields)
        finally:
            self._all_volumes.forget()
        if "caching_policy" in fields:
            with self._changing_volume(own):
                self._set_caching_policy(own, fields["caching_policy"], "The volume is made.")
        return self._told(f"The volume {own!r} is made.", lambda: self.get_volume(own))

    def update_volume(self, name: str, changes: VolumePatch) -> Volume:
        """One PATCH for all keys, then one GET.

        Sizes, autosize and half of the compression pair depend on how the volume is, which
        costs a GET before; so does a uuid that is not known from the last half minute.
        ``caching_policy`` is a call of its own, after the others.
        """
        self._check_caching_policy(changes)
        with self._changing_volume(name):
            present: Json = {}
            if mapping_changes.needs_present(changes):
                present = self._existing_volume(name, mapping_changes.FIELDS)
            body = mapping_changes.change_body(changes, present)
            if body:
                self._with_volume(name, lambda uuid: self._modify(uuid, body))
            if "caching_policy" in changes:
                done = "The other changes are made." if body else ""
                self._set_caching_policy(name, changes["caching_policy"], done)
            return self._told("The change is made.", lambda: self.get_volume(name))

    def restrict_volume(self, name: str) -> None:
        """Three calls: a look, unmount, restrict. Its data stay, and so does its name in ONTAP."""
        with self._changing_volume(name):
            row = self._existing_volume(name, "nas.path")
            uuid, path = row["uuid"], row.get("nas", {}).get("path")
            if path == "/":
                raise Conflict("The root volume of an SVM is left alone.")
            if path:
                self._unmount(row["name"], uuid)
            try:
                self._modify(uuid, {"state": "restricted"})
            except StorageError as error:
                raise self._mounted_again(row["name"], uuid, path, error) from error
            self._uuids.forget(name)
            self._uuids.forget(row["name"])

    def _unmount(self, name: str, uuid: str) -> None:
        try:
            self._modify(uuid, {"nas": {"path": ""}})
        except AMBIGUOUS as error:
            if code_of(error) or isinstance(error, NeverSent):
                raise
            left = f"The volume {name!r} may be unmounted; repeat this with that name."
            raise amended(error, left) from error

    def _mounted_again(
        self, name: str, uuid: str, path: str | None, error: StorageError
    ) -> StorageError:
        """What to raise; nothing is undone while it is open whether the volume is restricted."""
        try:
            if path and code_of(error):
                self._modify(uuid, {"nas": {"path": path}})
                return error
        except StorageError:
            pass
        return amended(error, f"The volume {name!r} is unmounted; repeat this with that name.")

    def _modify(self, uuid: str, body: Json) -> None:
        self._ontap.modify(f"{VOLUMES}/{uuid}", body)

    def _check_caching_policy(self, fields: VolumePatch) -> None:
        if "caching_policy" not in fields:
            return
        if not self._options.caching_policy_writes:
            raise NotSupported(
                "ONTAP's REST API cannot set the caching policy; see caching_policy_writes "
                "in the documentation."
            )
        mapping_changes.caching_policy_body(fields["caching_policy"])

    def _set_caching_policy(self, name: str, policy: str, done: str) -> None:
        """``done`` says what is so already, should this fail."""
        try:
            own = self._existing_volume(name, "name")["name"]
            body = mapping_changes.caching_policy_body(policy)
            which = {"vserver": self._options.vserver, "volume": own}
            self._ontap.modify(_PRIVATE_CLI, body, which)
        except StorageError as error:
            raise amended(error, f"{done} The caching policy is not set.".strip()) from error

    # Records

    def _records(self, rows: list[Json]) -> list[Volume]:
        ours = mapping.shown(rows)
        nodes = {} if mapping.tell_their_node(ours) else self._node_map.get()[0]
        with uncollected():
            return mapping.volume_records(ours, nodes, self._filer)

    @cached_property
    def _node_map(self) -> Shared[dict[str, str]]:
        """Costs a call that most listings need not make."""
        return Shared(
            self._nodes,
            self._replicas.stamp("netapp-nodes", self._options.address),
            lasts=_NODES_LAST_SECONDS,
        )

    @cached_property
    def _filer(self) -> str:
        """What is known of the filer where nobody tells the node: the address without port."""
        host, colon, port = self._options.address.rpartition(":")
        return host if colon and port.isdigit() else self._options.address
