"""An Ansible site finds the simulator to be a filer, whose state stays as it was asked to be."""

from typing import Any

import pytest

from tests.simulators.checks.ontap_clients.clients import play
from tests.simulators.ontap import OntapSimulator

# The fixture installs Ansible first.
pytestmark = pytest.mark.timeout(400)

ONCE = [True, False]


@pytest.fixture(scope="module")
def played(sim: OntapSimulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    sim.seed_volumes(20)
    return play(sim, tmp_path_factory.mktemp("ansible"))


def test_it_gathers_facts(sim: OntapSimulator, played: Any) -> None:
    info = played["info"]
    assert info["cluster"]["version"]["generation"] == 9
    assert sim.svm in {svm["name"] for svm in info["svm_svms"]["records"]}
    assert info["storage_volumes"]["num_records"] >= 20
    policies = info["protocols_nfs_export_policies"]["records"]
    assert "default" in {policy["name"] for policy in policies}


@pytest.mark.parametrize("made", ["policy", "rule", "volume", "resized", "snapshot", "clone"])
def test_what_it_made_is_there_the_second_time(played: Any, made: str) -> None:
    assert played[made] == ONCE


def test_what_is_in_use_stays(played: Any) -> None:
    assert "1638555" in played["held"]
    assert "1703945" in played["in_use"]


def test_it_removes_what_it_made(sim: OntapSimulator, played: Any) -> None:
    assert played["removed"] == [True, True, False]
    assert played["rule_removed"]
    assert played["policy_removed"]
