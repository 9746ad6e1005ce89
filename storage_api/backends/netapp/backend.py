"""Holds the place of NetApp filers: the published configuration starts, nothing is offered."""

from typing import ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.netapp.settings import NetappOptions
from storage_api.domain.errors import BackendUnavailable


class NetappStorage(StorageBackend):
    """A NetApp filer; declares no capability, so every family answers 501."""

    Options: ClassVar[type[NetappOptions]] = NetappOptions

    def __init__(self, options: NetappOptions) -> None:
        self._options = options

    def probe(self) -> None:
        raise BackendUnavailable("NetApp filers are not supported by this version.")
