"""The whole service in front of a simulated cluster."""

from pathlib import Path

from tests.conformance.client import Api, InProcess
from tests.servers import service
from tests.simulators.ecs import EcsSimulator

ALLOCATIONS = "/v3/ecs/allocations"


def entry_of(sim: EcsSimulator, **options: str) -> str:
    """The cluster as an entry of SAPI_BACKENDS."""
    known = {
        "url": sim.url,
        "username": sim.username,
        "password": sim.password,
        "ca_file": str(sim.ca_file),
        "replication_group": "rg1",
        "read_timeout": "5",
        **options,
    }
    return "🌈".join(["ecs", "EcsStorage", *(part for pair in known.items() for part in pair)])


def api_at(sim: EcsSimulator, *, state: Path | None = None, **options: str) -> Api:
    """A caller of the service; with ``state``, one that others may share or find later."""
    settings = {"SAPI_BACKENDS": entry_of(sim, **options)}
    if state is not None:
        settings["SAPI_STATE_DIRECTORY"] = str(state)
    return InProcess(service(settings))
