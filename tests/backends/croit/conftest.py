"""Ways to a simulated croit for the tests of this back-end."""

from collections.abc import Iterator

import pytest

from storage_api.backends.croit.backend import CroitStorage
from storage_api.domain.models import Ref
from tests.backends.croit.lab import fresh, new_user, storage_of
from tests.services.ceph import CephCluster
from tests.simulators.croit import CroitSimulator


@pytest.fixture
def sim() -> Iterator[CroitSimulator]:
    """One of the test's own, in memory."""
    with CroitSimulator() as simulator:
        yield simulator


@pytest.fixture
def storage(sim: CroitSimulator) -> CroitStorage:
    return storage_of(sim)


@pytest.fixture(scope="session")
def cluster_sim(ceph: CephCluster) -> Iterator[CroitSimulator]:
    """One in front of the real cluster."""
    with CroitSimulator(ceph.env()) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def cluster(ceph: CephCluster, cluster_sim: CroitSimulator) -> CroitStorage:
    """The back-end with both doors: croit's, and the gateway's own."""
    return storage_of(cluster_sim, s3_endpoint=ceph.env().endpoint, allow_purge=True)


@pytest.fixture
def owner(cluster: CroitStorage) -> Ref:
    return new_user(cluster)


@pytest.fixture
def bucket(cluster: CroitStorage, owner: Ref) -> Ref:
    bucket = Ref(None, fresh("bucket"))
    assert cluster.create_bucket(bucket, {"owner": owner.name})[1]
    return bucket
