"""DummyStorage keeps every promise: in this process, and behind four uWSGI workers."""

import pytest

from storage_api.domain.capabilities import Capability, HolderKind
from tests.conformance import (
    accounting,
    bucket_settings,
    buckets,
    declarations,
    exports,
    keys,
    locks,
    namespaces,
    races,
    snapshots,
    users,
    volumes,
)
from tests.conformance.client import Api, InProcess, OverNetwork
from tests.conformance.target import Quirks, Target
from tests.servers import service

QUIRKS = Quirks(
    families=frozenset(Capability) - {Capability.STORAGE_RESOURCES, Capability.ORDERS},
    quota_holders=frozenset(HolderKind),
    usage_holders=frozenset(HolderKind),
    snapshot_limit=1023,
    rolls_settings_back=True,
)


@pytest.fixture(scope="module", params=["in-process", "uwsgi"])
def target(request: pytest.FixtureRequest) -> Target:
    api: Api = (
        InProcess(service())
        if request.param == "in-process"
        else OverNetwork(request.getfixturevalue("uwsgi").url)
    )
    return Target(api, "dummy", QUIRKS)


class TestDeclarations(declarations.DeclarationContract):
    pass


class TestVolumes(volumes.VolumeContract):
    pass


class TestSnapshots(snapshots.SnapshotContract):
    pass


class TestRollback(snapshots.RollbackContract):
    pass


class TestClones(snapshots.CloneContract):
    pass


class TestLocks(locks.LockContract):
    pass


class TestExports(exports.ExportContract):
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


class TestVolumeRaces(races.VolumeRaceContract):
    pass


class TestObjectRaces(races.ObjectRaceContract):
    pass
