"""croit as a back-end: put together from one mixin for each subject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from storage_api.backends.base import StorageBackend
from storage_api.backends.croit.accounting import Accounting
from storage_api.backends.croit.client import CroitClient, Json
from storage_api.backends.croit.metering import Metering
from storage_api.backends.croit.namespaces import Namespaces
from storage_api.backends.croit.purging import Purging
from storage_api.backends.croit.session import ApiToken, Credential, CroitSession, Login
from storage_api.backends.croit.settings import CroitOptions
from storage_api.backends.rows import checked, moment, text
from storage_api.backends.s3 import S3Plane
from storage_api.domain.capabilities import Capability
from storage_api.domain.errors import BackendRefused
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.shared import Shared

if TYPE_CHECKING:
    from flask import Flask

_KIND = "croit"
_NEEDED = "admin"
_SERIES_NAMES_LAST_SECONDS = 3600.0
#: An API token that ends sooner is worth a warning.
_SOON = timedelta(days=14)


class CroitStorage(Purging, Namespaces, Accounting, Metering, StorageBackend):
    """Ceph object storage, administered through croit and S3."""

    Options: ClassVar[type[Any]] = CroitOptions
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

    def __init__(self, options: CroitOptions) -> None:
        self._options = options
        self._name = _KIND

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Of several clusters, errors and logs tell which one they are about."""
        self._name = f"{endpoint} ({_KIND})"
        super().init_app(app, endpoint)
        # Made now, and connected later: of two first callers at once, each would make its own.
        _ = self._croit, self._s3, self._all_buckets, self._series_names

    @cached_property
    def _croit(self) -> CroitClient:
        root = self._options.root
        http = HttpClient(self._settings(self._name), self._gate)
        session = CroitSession(http, root, self._credential(http), self._name)
        return CroitClient(session)

    def _credential(self, http: HttpClient) -> Credential:
        options = self._options
        if options.token is not None:
            return ApiToken(options.token, self._name)
        password = options.password or Secret("")
        return Login(http, options.root, options.username or "", password, self._name)

    @cached_property
    def _all_buckets(self) -> Shared[list[Json]]:
        return Shared(self._croit.list_buckets, self._replicas.stamp("croit", self._options.root))

    @cached_property
    def _series_names(self) -> Shared[list[Json]]:
        return Shared(
            self._croit.user_series_names,
            self._replicas.stamp("croit-series", self._options.root),
            lasts=_SERIES_NAMES_LAST_SECONDS,
        )

    @cached_property
    def _s3(self) -> S3Plane:
        """The gateway is another machine than croit: each has its own gate."""
        options = self._options
        name = f"{self._name}'s gateway"
        gate = Gate(name, options.concurrency)
        return S3Plane(options.s3_endpoint, options.s3_region, self._settings(name), gate)

    @cached_property
    def _gate(self) -> Gate:
        return Gate(self._name, self._options.concurrency)

    def _settings(self, name: str) -> TransportSettings:
        options = self._options
        return TransportSettings(
            name=name,
            connect_timeout=options.connect_timeout,
            read_timeout=options.timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_ssl,
            ca_file=options.ca_file,
        )

    @property
    def request_limit(self) -> int:
        """Callers wait for a place at croit too, or for an answer that others asked for."""
        return 2 * self._options.concurrency

    @property
    def default_namespace(self) -> str | None:
        return self._options.default_tenant

    @property
    def allows_purge(self) -> bool:
        return self._options.allow_purge

    def probe(self) -> str | None:
        """Our own session's data prove the credential, and say what it may do and how long."""
        roles, expiry = _session(self._croit.token_info())
        if _NEEDED not in roles:
            raise BackendRefused(
                f"{self._name} accepts our account, but it lacks croit's role {_NEEDED}."
            )
        if self._options.token is None or expiry is None or expiry - datetime.now(UTC) > _SOON:
            return None
        return f"Our API token for {self._name} expires at {expiry:%Y-%m-%d %H:%M} UTC."


@checked
def _session(row: Json) -> tuple[list[str], datetime | None]:
    return [text(role) for role in row["roles"]], moment(row.get("expiry"))
