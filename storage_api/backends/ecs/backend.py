"""Dell ECS as a back-end: put together from one mixin for each subject."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from storage_api.backends.base import StorageBackend
from storage_api.backends.ecs.account import Account
from storage_api.backends.ecs.accounts import Accounts
from storage_api.backends.ecs.allocations import Allocations
from storage_api.backends.ecs.capacity import Capacities
from storage_api.backends.ecs.client import Ecs
from storage_api.backends.ecs.metering import Metering
from storage_api.backends.ecs.probing import Probing
from storage_api.backends.ecs.replication import LAST_SECONDS, Groups
from storage_api.backends.ecs.session import Session
from storage_api.backends.ecs.settings import EcsOptions
from storage_api.backends.ecs.wire import MAX_ANSWER_BYTES, Wire
from storage_api.domain.capabilities import Capability
from storage_api.domain.models import Capacity
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.shared import Shared

if TYPE_CHECKING:
    from flask import Flask

_KIND = "ECS"
#: Creating and deleting may take more than a minute; within a request there is not much more.
_WRITE_SECONDS = 80.0
#: Nobody tells when a cluster closes a connection, and a creation sent into one is not repeated.
_IDLE_SECONDS = 15.0


class _Connected(NamedTuple):
    """What belongs to one process."""

    ecs: Ecs
    groups: Shared[Groups]
    capacity: Shared[Capacity]


class EcsStorage(Allocations, Accounts, Capacities, Metering, Probing, StorageBackend):
    """A Dell ECS cluster, administered through its management API."""

    Options: ClassVar[type[Any]] = EcsOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.BUCKETS,
            Capability.ACL,
            Capability.USERS,
            Capability.NAMESPACES,
            Capability.QUOTA,
            Capability.USAGE,
            Capability.CAPACITY,
            Capability.ALLOCATIONS,
        }
    )

    def __init__(self, options: EcsOptions) -> None:
        self._options = options
        self._name = _KIND
        self._by_process: dict[int, _Connected] = {}

    def init_app(self, app: Flask, endpoint: str) -> None:
        """Of several clusters, errors and logs tell which one they are about."""
        self._name = f"{endpoint} ({_KIND})"
        super().init_app(app, endpoint)

    @property
    def _ecs(self) -> Ecs:
        return self._connected.ecs

    @property
    def _groups(self) -> Shared[Groups]:
        return self._connected.groups

    @property
    def _capacity(self) -> Shared[Capacity]:
        return self._connected.capacity

    @property
    def _connected(self) -> _Connected:
        """Each process has tokens and connections of its own, also one that was forked."""
        process = os.getpid()
        found = self._by_process.get(process)
        return found or self._by_process.setdefault(process, self._connect())

    def _connect(self) -> _Connected:
        """Of two first callers at once each makes one; neither speaks before one is chosen."""
        origin = self._options.origin
        return _Connected(
            self._client(),
            Shared(
                self._fetch_groups, self._replicas.stamp("ecs-groups", origin), lasts=LAST_SECONDS
            ),
            Shared(self._fetch_capacity, self._replicas.stamp("ecs-capacity", origin)),
        )

    def _client(self) -> Ecs:
        options = self._options
        gate = Gate(self._name, options.concurrency)
        wire = Wire(
            HttpClient(self._settings(options.read_timeout), gate),
            HttpClient(self._settings(max(options.read_timeout, _WRITE_SECONDS)), gate),
            options.origin,
            self._name,
        )
        monitor = None
        if options.monitor_username is not None and options.monitor_password is not None:
            account = Account(
                options.monitor_username, options.monitor_password, "monitor_username"
            )
            monitor = Session(wire, account)
        return Ecs(wire, Session(wire, Account(options.username, options.password)), monitor)

    def _settings(self, read_timeout: float) -> TransportSettings:
        options = self._options
        return TransportSettings(
            name=self._name,
            connect_timeout=options.connect_timeout,
            read_timeout=read_timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
            idle_timeout=_IDLE_SECONDS,
            max_answer_bytes=MAX_ANSWER_BYTES,
        )

    @property
    def request_limit(self) -> int:
        """Callers wait for a place at the cluster too."""
        return 2 * self._options.concurrency

    @property
    def default_namespace(self) -> str | None:
        return self._options.default_namespace

    @property
    def allows_purge(self) -> bool:
        return self._options.allow_purge
