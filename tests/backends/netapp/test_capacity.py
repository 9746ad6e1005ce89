"""Capacity as the filer tells it to an account of the cluster, and to one of the SVM."""

import pytest

from storage_api.domain.errors import BackendRefused
from tests.backends.netapp.filer import storage_at
from tests.simulators.ontap import OntapSimulator

GIB = 1 << 30


def test_an_account_of_the_cluster_sees_the_svm_s_aggregates() -> None:
    with OntapSimulator(aggregate_bytes=100 * GIB) as sim:
        sim.add_aggregate("elsewhere", size=700 * GIB)
        sim.add_volume("vol", size=10 * GIB, reserve=20)
        sim.add_volume("other", size=5 * GIB, reserve=0, aggregates=("aggr2",))
        found = storage_at(sim).get_capacity()
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (
        200 * GIB,
        15 * GIB,
        185 * GIB,
    )
    assert (found.allocated_bytes, found.raw) == (8 * GIB + 5 * GIB, False)


def test_an_svm_without_aggregates_of_its_own_may_use_all_but_root() -> None:
    with OntapSimulator(aggregate_bytes=100 * GIB) as sim:
        sim.add_svm("free", aggregates=None)
        found = storage_at(sim, vserver="free").get_capacity()
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (200 * GIB, 0, 200 * GIB)
    assert found.allocated_bytes == 0


def test_an_account_of_the_svm_sees_what_is_free() -> None:
    with OntapSimulator(aggregate_bytes=100 * GIB, svm_account=True) as sim:
        sim.add_volume("vol", size=10 * GIB, reserve=0)
        found = storage_at(sim).get_capacity()
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (None, None, 190 * GIB)
    assert found.allocated_bytes == 10 * GIB


def test_an_offline_volume_s_size_is_not_known() -> None:
    with OntapSimulator() as sim:
        sim.add_volume("vol")
        sim.add_volume("off", state="offline")
        assert storage_at(sim).get_capacity().allocated_bytes is None


def test_a_wrong_password_is_no_lack_of_rights() -> None:
    with OntapSimulator() as sim:
        sim.faults.add(path="/api/storage/aggregates", kind="status", status=401, times=None)
        with pytest.raises(BackendRefused, match="password"):
            storage_at(sim).get_capacity()
