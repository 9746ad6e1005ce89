"""A croit for each file of tests, once over memory and once over a real cluster."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.services.ceph import CephCluster, Gateway
from tests.simulators.checks.croit.caller import Caller, Callers
from tests.simulators.croit import CroitSimulator, Settings


@pytest.fixture(scope="module", params=["memory", "cluster"])
def any_sim(request: pytest.FixtureRequest) -> Iterator[CroitSimulator]:
    gateway: Gateway | None = None
    if request.param == "cluster":
        cluster: CephCluster = request.getfixturevalue("ceph")
        gateway = cluster.env()
    with CroitSimulator(gateway) as simulator:
        yield simulator


@pytest.fixture
def sim(any_sim: CroitSimulator) -> CroitSimulator:
    """As it is by default, whatever the test before chose."""
    for name, value in vars(Settings()).items():
        setattr(any_sim.settings, name, value)
    any_sim.tasks.seconds = 0.0
    any_sim.faults.clear()
    return any_sim


@pytest.fixture
def memory() -> Iterator[CroitSimulator]:
    """One of the test's own."""
    with CroitSimulator() as simulator:
        yield simulator


@pytest.fixture
def callers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def caller(stack: ExitStack, sim: CroitSimulator, token: str | None) -> Caller:
    session = stack.enter_context(requests.Session())
    session.trust_env = False
    if token is not None:
        session.headers["Authorization"] = f"Bearer {token}"
    return Caller(session, sim.url)


@pytest.fixture
def called_by(sim: CroitSimulator, callers: ExitStack) -> Callers:
    return lambda token: caller(callers, sim, token)


@pytest.fixture
def api(sim: CroitSimulator, callers: ExitStack) -> Caller:
    """The administrator."""
    return caller(callers, sim, sim.token)


@pytest.fixture
def alone(memory: CroitSimulator, callers: ExitStack) -> Caller:
    """The administrator of ``memory``."""
    return caller(callers, memory, memory.token)
