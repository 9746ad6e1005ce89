"""The back-end in front of a simulated filer, and what reached that filer."""

from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.backends.netapp.settings import NetappOptions
from storage_api.domain.errors import StorageError
from storage_api.domain.secrets import Secret
from tests.simulators.ontap import OntapSimulator

VOLUMES = "/api/storage/volumes"
ONE_VOLUME = f"{VOLUMES}/*"
SNAPSHOTS = f"{VOLUMES}/*/snapshots"
POLICIES = "/api/protocols/nfs/export-policies"
LOCKS = "/api/protocols/locks"


def storage_at(sim: OntapSimulator, **options: Any) -> NetappStorage:
    """A back-end of its own, as another process would have it."""
    known: dict[str, Any] = {
        "hostname": sim.hostname,
        "ca_file": sim.ca_file,
        "username": sim.username,
        "password": Secret(sim.password),
        "vserver": sim.svm,
        "read_timeout": 5.0,
    }
    return NetappStorage(NetappOptions(**(known | options)))


def sent(sim: OntapSimulator, method: str) -> list[str]:
    """The path and query of each request with this method so far."""
    return [f"{one.path}?{one.query}" for one in sim.requests if one.method == method]


def calls(sim: OntapSimulator) -> list[str]:
    """The method and path of each request so far."""
    return [f"{one.method} {one.path}" for one in sim.requests]


def kind_of(caught: pytest.ExceptionInfo[StorageError]) -> tuple[int, str]:
    """The status and the slug that a caller would get."""
    return caught.value.status, caught.value.slug
