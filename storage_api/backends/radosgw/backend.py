"""RadosGW as a back-end: put together from one mixin for each subject."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.accounting import Accounting
from storage_api.backends.radosgw.client import AdminOps, Json
from storage_api.backends.radosgw.metering import Metering
from storage_api.backends.radosgw.namespaces import Namespaces
from storage_api.backends.radosgw.purging import Purging
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.backends.s3 import S3Plane
from storage_api.domain.capabilities import Capability
from storage_api.domain.errors import BackendRefused
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.shared import Shared
from storage_api.transport.signing import SigV4

if TYPE_CHECKING:
    from flask import Flask

_KIND = "RadosGW"
_NEEDED = ("users", "buckets")
_EVERYTHING = frozenset({"*", "read, write"})


class RadosgwStorage(Purging, Namespaces, Accounting, Metering, StorageBackend):
    """A Ceph object gateway, administered through Admin Ops and S3."""

    Options: ClassVar[type[Any]] = RadosgwOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.BUCKETS,
            Capability.USERS,
            Capability.NAMESPACES,
            Capability.QUOTA,
            Capability.USAGE,
            Capability.CAPACITY,
        }
    )

    def __init__(self, options: RadosgwOptions) -> None:
        self._options = options
        self._name = _KIND

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Of several gateways, errors and logs tell which one they are about."""
        self._name = f"{endpoint} ({_KIND})"
        super().init_app(app, endpoint)
        # Made now, and connected later: of two first callers at once, each would make its own.
        _ = self._admin, self._s3, self._all_buckets

    @cached_property
    def _admin(self) -> AdminOps:
        options = self._options
        auth = SigV4(options.admin_access_key, options.admin_secret_key, options.region)
        http = HttpClient(self._settings, self._gate, auth)
        return AdminOps(http, f"{options.endpoint}/{options.admin_path}", self._name)

    @cached_property
    def _all_buckets(self) -> Shared[list[Json]]:
        return Shared(
            self._admin.list_buckets, self._replicas.stamp("radosgw", self._options.endpoint)
        )

    @cached_property
    def _s3(self) -> S3Plane:
        options = self._options
        return S3Plane(options.endpoint, options.region, self._settings, self._gate)

    @cached_property
    def _gate(self) -> Gate:
        return Gate(self._name, self._options.concurrency)

    @cached_property
    def _settings(self) -> TransportSettings:
        options = self._options
        return TransportSettings(
            name=self._name,
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
        )

    @property
    def request_limit(self) -> int:
        """Callers wait for a place at the gateway too, or for an answer that others asked for."""
        return 2 * self._options.concurrency

    @property
    def default_namespace(self) -> str | None:
        return self._options.default_namespace

    @property
    def allows_purge(self) -> bool:
        return self._options.allow_purge

    def probe(self) -> None:
        """Our own user row proves the credential and says what it may do."""
        ours = self._admin.owner_of_key(self._options.admin_access_key)
        held = mapping.capabilities(ours)
        missing = [kind for kind in _NEEDED if held.get(kind) not in _EVERYTHING]
        if missing:
            wanted = ";".join(f"{kind}=*" for kind in missing)
            raise BackendRefused(
                f"{self._name} accepts our key, but its user lacks the capabilities {wanted}."
            )
