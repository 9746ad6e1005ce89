"""The CSCS document."""

from collections.abc import Mapping
from typing import Any

from storage_api.backends.cscs.base import CscsBase
from storage_api.backends.cscs.client import Json
from storage_api.backends.cscs.debugging import without_secrets
from storage_api.backends.cscs.mapping import read_allocation
from storage_api.backends.cscs.rows import Malformed
from storage_api.backends.orders import (
    ResourceFilter,
    ResourceSelection,
    StorageResourceSource,
    TooManyWait,
)
from storage_api.domain.errors import BackendError
from storage_api.domain.models import GidCache

_STALE = '110 storage-api "Response is Stale"'


class StorageResources(CscsBase, StorageResourceSource):
    @property
    def storage_systems(self) -> Mapping[str, str]:
        return self._options.systems

    def select_resources(self, wanted: ResourceFilter, *, afresh: bool) -> ResourceSelection:
        kept = self._catalogue.get(afresh=afresh, stale=True)
        snapshot, slug = kept.value, self._slug(wanted)
        warnings = [f'199 storage-api "{_quotable(text)}"' for text in snapshot.warnings]
        return ResourceSelection(
            items=snapshot.items(wanted, slug),
            skipped=snapshot.skipped_json(slug),
            age=kept.age,
            warnings=[_STALE, *warnings] if kept.stale else warnings,
        )

    def explain_resources(self, wanted: ResourceFilter) -> Mapping[str, Any]:
        systems = dict(self._options.systems)
        slugs = [systems[wanted.storage_system]] if wanted.storage_system else [*systems.values()]
        told = {
            "waldur_api_url": self._options.waldur_api_url,
            "backend_settings": self._settings(),
            "backend_components": {"storage": {"tb_bytes": self._options.tb_bytes}},
            "configured_storage_systems": systems,
            "requested_storage_system": wanted.storage_system,
            "resolved_offering_slug": slugs[0] if wanted.storage_system else None,
        }
        raw: dict[str, Any] = {"resources": [], "error": None}
        offerings: list[Json] = []
        try:
            with self._waiting.enter():
                offerings = [
                    self._waldur.get_offering(str(row["uuid"]))
                    for row in self._waldur.list_offerings()
                    if row.get("slug") in slugs
                ]
                raw["resources"] = self._raw(wanted, slugs)
        except TooManyWait:
            raise
        except BackendError as error:
            raw["error"] = str(error)
        document = {
            "status": "success",
            "debug_mode": True,
            "agent_config": told,
            "agent_offering_config": told,
            "waldur_offering_details": offerings,
            "raw_resources": raw,
        }
        return without_secrets(document)  # type: ignore[no-any-return]

    def gid_statistics(self) -> GidCache:
        return self._gids.statistics()

    def _raw(self, wanted: ResourceFilter, slugs: list[str]) -> list[Json]:
        """Waldur's own rows of the items that the list would show, and of those left out."""
        rows = [row for row in self._reader.rows() if row.get("offering_slug") in slugs]
        return [row for row in rows if self._is_wanted(row, wanted)]

    def _is_wanted(self, row: Json, wanted: ResourceFilter) -> bool:
        if wanted.state is not None and row.get("state") != wanted.state:
            return False
        if wanted.data_type is None and wanted.status is None:
            return True
        try:
            found = read_allocation(row, self._mapping_rules)
        except Malformed:
            return False
        return (wanted.data_type in {None, found.data_type.lower()}) and (
            wanted.status in {None, found.status}
        )

    def _settings(self) -> dict[str, Any]:
        options = self._options
        shown = (
            "storage_file_system",
            "inode_soft_coefficient",
            "inode_hard_coefficient",
            "inode_base_multiplier",
            "use_mock_target_items",
            "development_mode",
            "hpc_user_api_url",
            "hpc_user_oidc_scope",
        )
        return {name: getattr(options, name) for name in shown}

    def _slug(self, wanted: ResourceFilter) -> str | None:
        return self._options.systems[wanted.storage_system] if wanted.storage_system else None


def _quotable(text: str) -> str:
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text).replace(
        '"', "'"
    )
