from collections.abc import Iterator

import pytest

from tests.simulators.checks.ontap.caller import Caller
from tests.simulators.ontap import OntapSimulator


@pytest.fixture
def sim() -> Iterator[OntapSimulator]:
    with OntapSimulator() as sim:
        yield sim


@pytest.fixture
def call(sim: OntapSimulator) -> Iterator[Caller]:
    caller = Caller(sim)
    yield caller
    caller.close()
