"""A volume.

No back-end lets a volume carry a stamp, so the stamp is kept here: the volume's own UUID, which is
recorded as soon as the service answers. The service never answers an existing volume as a new one.
"""

from contextlib import suppress
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from uuid import UUID

from coldfront_storage_api import record
from coldfront_storage_api.failures import Misconfigured, Refused
from coldfront_storage_api.kinds.base import Found, Storage, refuse_shrink
from coldfront_storage_api.kinds.naming import chosen
from coldfront_storage_api.names import LENGTH
from storage_api_client import Conflict, Invalid, NotFound

#: An export policy without a rule lets nobody in.
CLOSED_POLICY = "coldfront-closed"
_CLOCKS_DIFFER = timedelta(minutes=5)
#: Longer than the service waits for a system, and than anybody waits for the service.
_MAKING = timedelta(minutes=15)
_LEAST_NAME = 12


class VolumeStorage(Storage):
    needs: ClassVar = frozenset({"volumes"})

    @property
    def identity(self) -> str:
        """``name#uuid``; without a UUID nobody answered yet that it was made."""
        if self.recorded is not None:
            return self.recorded
        return f"{self._new_name()}#"

    @property
    def intent(self) -> str:
        """Without the UUID of what it was before, if that is gone."""
        return f"{self._name}#"

    @property
    def place(self) -> str:
        return self._path

    def _new_name(self) -> str:
        room = record.room(self.target) - len(f"v_#{UUID(int=0)}")
        if room < _LEAST_NAME:
            raise Refused("The back-end's endpoint and STORAGE_API_SITE are too long to be kept.")
        name = chosen(self.target, None, separator="_", length=min(room, LENGTH))
        return name if name[0].isalpha() else f"v_{name}"

    @property
    def _name(self) -> str:
        return self.identity.partition("#")[0]

    def find(self) -> Found | None:
        try:
            volume = self.backend.volumes.get(self._name)
        except NotFound:
            return None
        self._refuse_foreign(volume)
        return Found(
            limit=volume.get("size_total"),
            used=volume.get("size_used"),
            closed=volume.get("active_policy_name") == CLOSED_POLICY,
            place=volume.get("junction_path") or self._name,
        )

    def _refuse_foreign(self, volume: Any) -> None:
        uuid = self.identity.partition("#")[2]
        if uuid:
            ours = volume.get("uuid") == uuid
        else:
            # We were about to make it, and the name was free then, when the answer was lost.
            ours = (
                self._made_then(volume)
                and volume.get("junction_path") == self._path
                and not record.is_anothers(self.target, f"{self._name}#")
            )
        if not ours:
            raise Refused(f"The volume {self._name!r} exists already and is not this allocation's.")
        if not uuid:
            self._recognise(volume)

    def _made_then(self, volume: Any) -> bool:
        intended = record.recorded_at(self.target)
        made = volume.get("creation_time")
        if self.recorded is None or intended is None or made is None:
            return False
        moment = parsedate_to_datetime(made)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return intended - _CLOCKS_DIFFER <= moment <= intended + _CLOCKS_DIFFER + _MAKING

    def _recognise(self, volume: Any) -> None:
        self.recorded = f"{self._name}#{volume.get('uuid') or ''}"
        record.correct(self.target, self.recorded)

    @property
    def _path(self) -> str:
        return f"/{self._name}"

    def make(self, size: int, options: frozenset[str] = frozenset()) -> str:
        self.refuse_options(options)
        wish: dict[str, Any] = {
            "size_total": size,
            "junction_path": self._path,
            # What was granted is what there is.
            "autosize_enabled": False,
        }
        if policy := self.target.setting("storage_api_export_policy"):
            wish["active_policy_name"] = policy
        try:
            volume = self.backend.volumes.create(self._name, **wish)
        except (Conflict, Invalid):
            # Another process of ours may have been faster; a stranger's is refused.
            if self.find() is None:
                raise
            return self._path
        self._recognise(volume)
        return self._path

    def resize(self, size: int, found: Found) -> None:
        refuse_shrink(size, found)
        self.backend.volumes.update(self._name, size_total=size)

    def close(self) -> None:
        # Else nobody would know what to give back.
        self._policy()
        try:
            closed = self.backend.exports.get(CLOSED_POLICY)
        except NotFound:
            closed = self.backend.exports.create(CLOSED_POLICY, rules=[])
        if closed["rules"]:
            raise Refused(f"The export policy {CLOSED_POLICY!r} lets somebody in.")
        self.backend.volumes.update(self._name, active_policy_name=CLOSED_POLICY)

    def open(self) -> None:
        self.backend.volumes.update(self._name, active_policy_name=self._policy())

    def _policy(self) -> str:
        policy = self.target.setting("storage_api_export_policy")
        if policy is None or "export" not in self.families:
            raise Misconfigured(
                "Without storage_api_export_policy on the resource, and export policies on the "
                "back-end, a volume cannot be closed."
            )
        return policy

    def archive(self, found: Found) -> None:
        # The whole volume is taken out of use, however much of it is used.
        del found
        self.delete()

    def delete(self) -> None:
        """Out of use, as the service does it: the data stay, and an administrator has them."""
        if self.find() is not None:
            with suppress(NotFound):
                self.backend.volumes.delete(self._name)
