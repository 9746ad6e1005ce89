"""Making a volume: in one call where ONTAP lets us, once whatever happens to the answer."""

from uuid import uuid4

import structlog

from storage_api.backends.netapp import mapping_changes
from storage_api.backends.netapp.aggregates import Aggregates
from storage_api.backends.netapp.base import VOLUMES
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.mapping import ROOT_AGGREGATE
from storage_api.backends.netapp.refusals import (
    AMBIGUOUS,
    JobUnfinished,
    amended,
    code_of,
    refusal_of,
)
from storage_api.domain.errors import (
    AlreadyExists,
    BackendError,
    BackendFull,
    BackendUnavailable,
    Invalid,
    StorageError,
)
from storage_api.domain.requests import VolumeCreate
from storage_api.transport.context import current_request_id
from storage_api.transport.gate import NeverSent

#: Aggregates that are tried while each says that it is full.
_MOST_AGGREGATES = 3
_EFFICIENCY_IS_OFF = "6881332"

log = structlog.get_logger(__name__)


class Creation(Aggregates):
    def _make_volume(self, name: str, fields: VolumeCreate) -> str:
        """Create the volume and answer its own name: two calls, aggregate and volume.

        Raises:
            AlreadyExists, Invalid, BackendFull
            AMBIGUOUS: it may exist; the text says so.
        """
        place = mapping_changes.place_of(name, fields)
        mark = f"storage-api {uuid4()} {current_request_id() or ''}".strip()
        body = mapping_changes.creation_body(place, self._options.vserver, fields, mark)
        aggregates = self._candidates(fields)
        for number, aggregate in enumerate(aggregates, start=1):
            try:
                self._post_volume({**body, "aggregates": [{"name": aggregate}]})
                break
            except BackendFull:
                if number == len(aggregates):
                    raise
                log.info("aggregate-full", aggregate=aggregate, volume=place.name)
        return place.name

    def _candidates(self, fields: VolumeCreate) -> list[str]:
        if "aggregate_name" in fields:
            if fields["aggregate_name"].startswith(ROOT_AGGREGATE):
                raise Invalid(f"Aggregates {ROOT_AGGREGATE}… are the nodes' own: no volumes here.")
            return [fields["aggregate_name"]]
        found = self._roomiest_aggregates()[:_MOST_AGGREGATES]
        if not found:
            raise BackendUnavailable(
                "No aggregate takes volumes now, or our account sees none: "
                "assign aggregates to the SVM, or give 'aggregate_name'."
            )
        return found

    def _post_volume(self, body: Json) -> None:
        try:
            self._post_once(body)
        except StorageError as error:
            if not _lacks_efficiency(error):
                raise
        else:
            return
        self._post_once({key: value for key, value in body.items() if key != "efficiency"})
        self._switch_on_efficiency(body)

    def _post_once(self, body: Json) -> None:
        """After a lost answer the volume is ours if it bears our mark."""
        name = body["name"]
        try:
            self._ontap.create(VOLUMES, body)
        except AMBIGUOUS as error:
            if code_of(error) or isinstance(error, NeverSent | JobUnfinished):
                raise
            self._require_ours(name, body["comment"], error)

    def _require_ours(self, name: str, mark: str, error: BackendError) -> None:
        unknown = amended(error, f"The volume {name!r} may exist; look before you repeat this.")
        found = self._after(unknown, lambda: self._find_volume(name, "comment"))
        if found is None:
            raise unknown from error
        if found.get("comment") != mark:
            raise AlreadyExists(f"The volume {name!r} already exists.") from error

    def _switch_on_efficiency(self, body: Json) -> None:
        """Systems with disks compress only what they deduplicate."""
        wanted = {"efficiency": {"dedupe": "background", **body["efficiency"]}}
        try:
            if body["efficiency"]["compression"] != "none":
                uuid = self._volume_uuid(body["name"])
                self._ontap.modify(f"{VOLUMES}/{uuid}", wanted)
        except StorageError as error:
            raise amended(error, "The volume is made, but without compression.") from error


def _lacks_efficiency(error: StorageError) -> bool:
    """ONTAP refused the volume for its efficiency alone."""
    refusal = refusal_of(error)
    if refusal is None:
        return False
    return refusal.code == _EFFICIENCY_IS_OFF or (
        refusal.is_bad_field and refusal.target.startswith("efficiency")
    )
