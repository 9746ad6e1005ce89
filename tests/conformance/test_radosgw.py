"""RadosgwStorage keeps every promise of its families, on a real gateway."""

import itertools

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from tests.conformance.client import InProcess
from tests.conformance.declarations import contract_tests
from tests.conformance.s3 import ObjectWriter
from tests.conformance.target import Quirks, Target
from tests.servers import service
from tests.services.ceph import CephCluster

FAMILIES = frozenset(
    {
        Capability.BUCKETS,
        Capability.USERS,
        Capability.NAMESPACES,
        Capability.QUOTA,
        Capability.USAGE,
        Capability.CAPACITY,
    }
)

globals().update(contract_tests(FAMILIES))


def radosgw_entry(ceph: CephCluster) -> str:
    """The cluster as an entry of SAPI_BACKENDS."""
    gateway = ceph.env()
    options = {
        "endpoint": gateway.endpoint,
        "admin_access_key": gateway.access_key,
        "admin_secret_key": gateway.secret_key,
        "allow_purge": "true",
    }
    return "🌈".join(["ceph", "RadosgwStorage", *itertools.chain(*options.items())])


@pytest.fixture(scope="module")
def target(ceph: CephCluster) -> Target:
    quirks = Quirks(
        families=FAMILIES,
        quota_holders=frozenset({HolderKind.BUCKET, HolderKind.USER}),
        usage_holders=frozenset(HolderKind),
        quota_steps={HolderKind.BUCKET: 1024},
        soft_limits=False,
        put_object=ObjectWriter(ceph.env().endpoint),
        namespace_settings=False,
        bad_namespace="with-dash",
        s3_endpoint=ceph.env().endpoint,
    )
    return Target(InProcess(service({"SAPI_BACKENDS": radosgw_entry(ceph)})), "ceph", quirks)
