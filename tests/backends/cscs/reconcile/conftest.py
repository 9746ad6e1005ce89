from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.cscs.reconcile.lab import Lab, Quotas
from tests.simulators.hpc_user import HpcUserSimulator
from tests.simulators.vast import VastSimulator
from tests.simulators.waldur import WaldurSimulator


@pytest.fixture
def waldur() -> Iterator[WaldurSimulator]:
    with WaldurSimulator() as simulator:
        yield simulator


@pytest.fixture
def groups() -> Iterator[HpcUserSimulator]:
    with HpcUserSimulator() as simulator:
        yield simulator


@pytest.fixture
def vast() -> Iterator[VastSimulator]:
    with VastSimulator() as simulator:
        yield simulator


@pytest.fixture
def lab(waldur: WaldurSimulator, groups: HpcUserSimulator, tmp_path: Path) -> Lab:
    """Directories without quotas."""
    return Lab(waldur, groups, tmp_path)


@pytest.fixture
def quotas(lab: Lab, tmp_path: Path) -> Quotas:
    """Makes the lab's directories have quotas."""
    quotas = Quotas(tmp_path / "quotas")
    lab.extra = quotas.arguments
    return quotas


@pytest.fixture
def vast_lab(
    waldur: WaldurSimulator, groups: HpcUserSimulator, vast: VastSimulator, tmp_path: Path
) -> Lab:
    return Lab(waldur, groups, tmp_path, vast)
