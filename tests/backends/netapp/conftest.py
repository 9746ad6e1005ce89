"""Simulated filers for the tests of this back-end, each test with one of its own."""

from collections.abc import Iterator

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from tests.backends.netapp.filer import storage_at
from tests.simulators.ontap import OntapSimulator


@pytest.fixture
def sim() -> Iterator[OntapSimulator]:
    with OntapSimulator() as sim:
        yield sim


@pytest.fixture
def storage(sim: OntapSimulator) -> NetappStorage:
    return storage_at(sim)
