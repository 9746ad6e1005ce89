"""CSCS storage as a back-end: put together from one mixin for each subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.cscs.namespaces import Namespaces
from storage_api.backends.cscs.orders import Orders
from storage_api.backends.cscs.resources import StorageResources
from storage_api.backends.cscs.settings import CscsOptions
from storage_api.backends.cscs.volumes import Volumes
from storage_api.domain.capabilities import Capability

if TYPE_CHECKING:
    from flask import Flask


class CscsStorage(StorageResources, Orders, Volumes, Namespaces, StorageBackend):
    """Allocations of Waldur's storage offerings.

    There is no request limit: warm answers come from memory, and those who wait for a
    reading of Waldur are counted by the catalogue instead.
    """

    Options: ClassVar[type[Any]] = CscsOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.VOLUMES,
            Capability.NAMESPACES,
            Capability.USAGE,
            Capability.CAPACITY,
            Capability.STORAGE_RESOURCES,
            Capability.ORDERS,
        }
    )

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Of several, errors and logs tell which one they are about."""
        self._name = f"{endpoint} (Waldur)"
        super().init_app(app, endpoint)
        # Made now, and connected later: of two first callers at once, each would make its own.
        _ = self._catalogue

    def probe(self) -> None:
        """Waldur answers, and shows our token every offering that is configured."""
        self._waldur.check_rights(list(dict.fromkeys(self._options.systems.values())))
