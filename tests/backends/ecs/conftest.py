"""Simulated clusters for the tests of this back-end, each test with one of its own."""

from collections.abc import Iterator

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from tests.backends.ecs.cluster import storage_at
from tests.simulators.ecs import EcsSimulator


@pytest.fixture
def sim() -> Iterator[EcsSimulator]:
    with EcsSimulator() as sim:
        yield sim


@pytest.fixture
def storage(sim: EcsSimulator) -> EcsStorage:
    return storage_at(sim)
