"""The CSCS document: tenants, customers, and the storage of projects and users."""

from collections.abc import Iterator
from typing import Any, cast

from storage_api_client.caller import Caller
from storage_api_client.records import GidCache


class StorageResources:
    """``/v3/<e>/storage-resources``, or at the address that CSCS' clients know."""

    def __init__(self, caller: Caller, path: str) -> None:
        self._caller = caller
        self._path = path

    def page(  # noqa: PLR0913  # the query's own parameters
        self,
        *,
        storage_system: str | None = None,
        state: str | None = None,
        status: str | None = None,
        data_type: str | None = None,
        page: int | None = None,
        page_size: int | None = None,
        debug: bool | None = None,
    ) -> dict[str, Any]:
        """One page of the document, with ``pagination``, ``filters_applied`` and ``skipped``."""
        query = {
            "storage_system": storage_system,
            "state": state,
            "status": status,
            "data_type": data_type,
            "page": page,
            "page_size": page_size,
            "debug": debug,
        }
        return self._caller.get(self._path, query)

    def list(
        self,
        *,
        storage_system: str | None = None,
        state: str | None = None,
        status: str | None = None,
        data_type: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item, asked for page by page."""
        number = 1
        while True:
            found = self.page(
                storage_system=storage_system,
                state=state,
                status=status,
                data_type=data_type,
                page=number,
                page_size=500,
            )
            yield from found["resources"]
            if not found["pagination"]["has_next"]:
                return
            number += 1


class BackendStorageResources(StorageResources):
    """The document of one back-end."""

    def gid_cache(self) -> GidCache:
        """How the lookup of Unix groups goes, in the process that answers."""
        path = self._path.removesuffix("storage-resources") + "gid-cache"
        return cast("GidCache", self._caller.get(path))
