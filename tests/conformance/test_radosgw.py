"""RadosgwStorage keeps every promise of its families, on a real gateway."""

import itertools

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from tests.conformance import (
    accounting,
    bucket_settings,
    buckets,
    declarations,
    keys,
    namespaces,
    races,
    users,
)
from tests.conformance.client import InProcess
from tests.conformance.s3 import ObjectWriter
from tests.conformance.target import Quirks, Target
from tests.servers import service
from tests.services.ceph import CephCluster


def radosgw_entry(ceph: CephCluster) -> str:
    """The cluster as an entry of SAPI_BACKENDS."""
    gateway = ceph.env()
    options = {
        "endpoint": gateway.endpoint,
        "admin_access_key": gateway.access_key,
        "admin_secret_key": gateway.secret_key,
    }
    return "🌈".join(["ceph", "RadosgwStorage", *itertools.chain(*options.items())])


@pytest.fixture(scope="module")
def target(ceph: CephCluster) -> Target:
    quirks = Quirks(
        families=frozenset(
            {
                Capability.BUCKETS,
                Capability.USERS,
                Capability.NAMESPACES,
                Capability.QUOTA,
                Capability.USAGE,
                Capability.CAPACITY,
            }
        ),
        quota_holders=frozenset({HolderKind.BUCKET, HolderKind.USER}),
        usage_holders=frozenset(HolderKind),
        quota_steps={HolderKind.BUCKET: 1024},
        soft_limits=False,
        put_object=ObjectWriter(ceph.env().endpoint),
        namespace_settings=False,
        bad_namespace="with-dash",
    )
    return Target(InProcess(service({"SAPI_BACKENDS": radosgw_entry(ceph)})), "ceph", quirks)


class TestDeclarations(declarations.DeclarationContract):
    pass


class TestBuckets(buckets.BucketContract):
    pass


class TestBucketChanges(buckets.BucketChangeContract):
    pass


class TestLifecycle(bucket_settings.LifecycleContract):
    pass


class TestPolicy(bucket_settings.PolicyContract):
    pass


class TestCors(bucket_settings.CorsContract):
    pass


class TestUsers(users.UserContract):
    pass


class TestUserChanges(users.UserChangeContract):
    pass


class TestKeys(keys.KeyContract):
    pass


class TestNamespaces(namespaces.NamespaceContract):
    pass


class TestQuotas(accounting.QuotaContract):
    pass


class TestUsage(accounting.UsageContract):
    pass


class TestCapacity(accounting.CapacityContract):
    pass


class TestRaces(races.ObjectRaceContract):
    pass
