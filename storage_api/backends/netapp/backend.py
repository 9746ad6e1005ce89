"""NetApp ONTAP as a back-end: put together from one mixin for each subject."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.netapp.authentication import Utf8Basic
from storage_api.backends.netapp.capacity import Capacities
from storage_api.backends.netapp.client import Ontap
from storage_api.backends.netapp.clones import Clones
from storage_api.backends.netapp.locks import Locks
from storage_api.backends.netapp.probing import Probing
from storage_api.backends.netapp.settings import NetappOptions
from storage_api.domain.capabilities import Capability
from storage_api.domain.models import Volume
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.shared import Shared

if TYPE_CHECKING:
    from flask import Flask

_KIND = "NetApp"
#: ONTAP's web server closes a connection that lay idle for five seconds.
_IDLE_SECONDS = 4.0


class NetappStorage(Clones, Locks, Capacities, Probing, StorageBackend):
    """One SVM of a NetApp filer, administered through ONTAP's REST API."""

    Options: ClassVar[type[Any]] = NetappOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.VOLUMES,
            Capability.SNAPSHOTS,
            Capability.LOCKS,
            Capability.EXPORT,
            Capability.CAPACITY,
        }
    )

    def __init__(self, options: NetappOptions) -> None:
        super().__init__()
        self._options = options
        self._name = _KIND

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Of several filers, errors and logs tell which one they are about."""
        self._name = f"{endpoint} ({_KIND})"
        super().init_app(app, endpoint)
        # Made now, and connected later: of two first callers at once, each would make its own.
        _ = self._ontap, self._all_volumes, self._node_map

    @cached_property
    def _ontap(self) -> Ontap:
        options = self._options
        auth = None
        if options.username is not None and options.password is not None:
            auth = Utf8Basic(options.username, options.password)
        settings = TransportSettings(
            name=self._name,
            connect_timeout=options.connect_timeout,
            read_timeout=options.answer_timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
            client_certificate=options.certificate,
            idle_timeout=_IDLE_SECONDS,
        )
        return Ontap(
            HttpClient(settings, Gate(self._name, options.concurrency), auth),
            options.address,
            self._name,
            page_size=options.page_size,
            answer_timeout=options.answer_timeout,
        )

    @cached_property
    def _all_volumes(self) -> Shared[list[Volume]]:
        options = self._options
        return Shared(
            self._fetch_volumes, self._replicas.stamp("netapp", options.address, options.vserver)
        )

    @property
    def request_limit(self) -> int:
        """Callers wait for a place at the filer too, or for a list that others asked for."""
        return 2 * self._options.concurrency
