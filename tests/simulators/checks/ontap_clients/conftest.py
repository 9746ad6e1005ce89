"""One simulated filer for each file of tests."""

from collections.abc import Iterator

import pytest

from tests.simulators.ontap import OntapSimulator


@pytest.fixture(scope="module")
def sim() -> Iterator[OntapSimulator]:
    # The clients send Latin-1, the filer reads UTF-8.
    with OntapSimulator(password="made-up") as sim:
        yield sim
