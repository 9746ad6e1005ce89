"""The back-end in front of a simulated cluster, and what reached that cluster."""

from typing import Any

import pytest

from storage_api.backends.accounting import Holder
from storage_api.backends.ecs.backend import EcsStorage
from storage_api.backends.ecs.settings import EcsOptions
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import StorageError
from storage_api.domain.models import Ref
from storage_api.domain.secrets import Secret
from tests.simulators.ecs import EcsSimulator

NAMESPACES = "/object/namespaces"
ONE_NAMESPACE = f"{NAMESPACES}/namespace/*"


def storage_at(sim: EcsSimulator, **options: Any) -> EcsStorage:
    """A back-end of its own, as another process would have it."""
    known: dict[str, Any] = {
        "url": sim.url,
        "ca_file": sim.ca_file,
        "username": sim.username,
        "password": Secret(sim.password),
        "replication_group": "rg1",
        "read_timeout": 5.0,
    }
    return EcsStorage(EcsOptions(**(known | options)))


def monitored(sim: EcsSimulator, **options: Any) -> EcsStorage:
    """With an account of its own for what only reads."""
    return storage_at(
        sim,
        monitor_username=sim.monitor_username,
        monitor_password=Secret(sim.monitor_password),
        **options,
    )


def calls(sim: EcsSimulator, *methods: str) -> list[str]:
    """The method and path of each request so far, of some methods or of all."""
    return [
        f"{one.method} {one.path}" for one in sim.requests if not methods or one.method in methods
    ]


def logins(sim: EcsSimulator) -> int:
    return calls(sim).count("GET /login")


def kind_of(caught: pytest.ExceptionInfo[StorageError]) -> tuple[int, str]:
    """The status and the slug that a caller would get."""
    return caught.value.status, caught.value.slug


def of_namespace(name: str) -> Holder:
    return Holder(HolderKind.NAMESPACE, Ref(None, name))


def of_bucket(namespace: str, name: str) -> Holder:
    return Holder(HolderKind.BUCKET, Ref(namespace, name))
