"""Ways to the real gateway for the tests of this back-end."""

from collections.abc import Iterator

import pytest

from storage_api.backends.radosgw.backend import RadosgwStorage
from tests.backends.radosgw.lab import Lab
from tests.backends.radosgw.proxy import FaultyProxy
from tests.services.ceph import CephCluster


@pytest.fixture(scope="session")
def lab(ceph: CephCluster) -> Lab:
    return Lab(ceph.env())


@pytest.fixture(scope="session")
def storage(lab: Lab) -> RadosgwStorage:
    return lab.storage()


@pytest.fixture
def proxy(lab: Lab) -> Iterator[FaultyProxy]:
    """A way to the gateway that can go wrong."""
    with FaultyProxy(lab.gateway.endpoint) as proxy:
        yield proxy
