"""What the state of a back-end tells an operator."""

from collections.abc import Callable

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import BackendMisbehaved, BackendRefused
from tests.backends.netapp.filer import storage_at
from tests.simulators.ontap import OntapSimulator, Settings


@pytest.mark.parametrize("svm_account", [False, True])
def test_once_all_is_well_a_probe_is_one_call(svm_account: bool) -> None:
    with OntapSimulator(svm_account=svm_account) as sim:
        storage = storage_at(sim)
        storage.probe()
        sim.forget_requests()
        storage.probe()
        assert [one.path for one in sim.requests] == ["/api/svm/svms"]


def test_an_unknown_svm_and_a_switch_over_are_configuration(sim: OntapSimulator) -> None:
    storage = storage_at(sim)
    storage.probe()
    sim.rename_svm("vs1", "vs1-mc")
    with pytest.raises(BackendRefused, match=r"vserver.*<name>-mc"):
        storage.probe()
    sim.faults.add(kind="code", method="POST", code=2621462)
    sim.rename_svm("vs1-mc", "vs1")
    with pytest.raises(BackendRefused, match=r"vserver.*-mc"):
        storage.create_volume("v", {"size_total": 1 << 30, "junction_path": "/v"})


@pytest.mark.parametrize("asked", [True, False])
def test_a_release_that_is_too_old_is_refused(asked: bool) -> None:
    with OntapSimulator(settings=Settings(version="9.11.1"), svm_account=not asked) as sim:
        storage = storage_at(sim, version=None if asked else "9.11.1")
        with pytest.raises(BackendMisbehaved, match=r"ONTAP 9\.11\.1; at least 9\.12\.1"):
            storage.probe()


def test_an_account_that_may_not_ask_for_the_release_is_believed() -> None:
    with OntapSimulator(settings=Settings(version="9.12.1"), svm_account=True) as sim:
        storage_at(sim).probe()


@pytest.mark.parametrize(
    "path",
    ["/storage/volumes", "/protocols/nfs/export-policies", "/protocols/locks", "/cluster/jobs"],
)
def test_what_the_role_lacks_is_named_until_it_is_there(sim: OntapSimulator, path: str) -> None:
    sim.account.denied = (path,)
    storage = storage_at(sim)
    for _ in range(2):
        with pytest.raises(BackendRefused, match=f"does not reach /api{path}"):
            storage.probe()
    sim.account.denied = ()
    storage.probe()


@pytest.mark.parametrize("svm_account", [False, True])
@pytest.mark.parametrize(
    "ask",
    [
        NetappStorage.list_volumes,
        lambda storage: storage.get_volume("v"),
        NetappStorage.list_policies,
        lambda storage: storage.get_policy("p"),
        NetappStorage.get_capacity,
    ],
    ids=["volumes", "volume", "policies", "policy", "capacity"],
)
def test_an_svm_that_is_gone_is_not_called_empty(
    svm_account: bool, ask: Callable[[NetappStorage], object]
) -> None:
    """ONTAP itself answers questions about it with nothing at all."""
    with OntapSimulator(svm_account=svm_account) as sim:
        sim.add_volume("v")
        sim.add_policy("p")
        storage = storage_at(sim)
        sim.rename_svm(sim.svm, f"{sim.svm}-mc")
        with pytest.raises(BackendRefused, match="no SVM of the name"):
            ask(storage)
