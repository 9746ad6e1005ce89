"""A Waldur and a GID service for each test."""

from collections.abc import Iterator

import pytest

from tests.backends.cscs.lab import Lab
from tests.conformance.client import Api
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator


@pytest.fixture
def waldur() -> Iterator[WaldurSimulator]:
    with WaldurSimulator() as simulator:
        yield simulator


@pytest.fixture
def gids() -> Iterator[HpcUserSimulator]:
    with HpcUserSimulator() as simulator:
        yield simulator


@pytest.fixture
def lab(waldur: WaldurSimulator, gids: HpcUserSimulator) -> Lab:
    return Lab(waldur, gids)


@pytest.fixture
def api(lab: Lab) -> Api:
    """Remembers nothing of Waldur."""
    return lab.api()
