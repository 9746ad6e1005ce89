"""CroitStorage keeps every promise of its families: one Ceph, administered through croit."""

import itertools
from collections.abc import Iterator

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from tests.conformance.client import InProcess
from tests.conformance.declarations import contract_tests
from tests.conformance.s3 import ObjectWriter
from tests.conformance.target import Quirks, Target
from tests.servers import service
from tests.services.ceph import CephCluster
from tests.simulators.croit import CroitSimulator

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


@pytest.fixture(scope="module")
def croit(ceph: CephCluster) -> Iterator[CroitSimulator]:
    """A croit whose users and buckets are those of the real cluster."""
    with CroitSimulator(ceph.env()) as croit:
        yield croit


def croit_entry(croit: CroitSimulator, s3_endpoint: str) -> str:
    """The simulator as an entry of SAPI_BACKENDS."""
    options = {
        "api_url": croit.url,
        "username": croit.username,
        "password": croit.password,
        "s3_endpoint": s3_endpoint,
        "user_prefix": "",
        "allow_purge": "true",
    }
    return "🌈".join(["ceph", "CroitStorage", *itertools.chain(*options.items())])


@pytest.fixture(scope="module")
def target(ceph: CephCluster, croit: CroitSimulator) -> Target:
    endpoint = ceph.env().endpoint
    quirks = Quirks(
        families=FAMILIES,
        quota_holders=frozenset({HolderKind.BUCKET, HolderKind.USER}),
        usage_holders=frozenset(HolderKind),
        quota_steps={HolderKind.BUCKET: 1024, HolderKind.USER: 1024},
        soft_limits=False,
        max_buckets=False,
        put_object=ObjectWriter(endpoint),
        namespace_settings=False,
        bad_namespace="with-dash",
        s3_endpoint=endpoint,
    )
    return Target(
        InProcess(service({"SAPI_BACKENDS": croit_entry(croit, endpoint)})), "ceph", quirks
    )
