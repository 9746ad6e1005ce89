from collections.abc import Iterator

import pytest

from tests.simulators.checks.ecs.caller import Caller
from tests.simulators.ecs import EcsSimulator


@pytest.fixture
def sim() -> Iterator[EcsSimulator]:
    with EcsSimulator() as sim:
        yield sim


@pytest.fixture
def call(sim: EcsSimulator) -> Iterator[Caller]:
    caller = Caller(sim)
    yield caller
    caller.close()


@pytest.fixture
def tenant(call: Caller) -> Caller:
    """A caller in whose cluster there is the namespace ns1 with its user u1."""
    call.new_namespace()
    call.new_user()
    return call
