"""What a run itself owes: to examine every family that the back-end declares."""

from collections.abc import Mapping
from types import ModuleType

import pytest

from storage_api.domain.capabilities import Capability
from tests.conformance import (
    accounting,
    bucket_settings,
    buckets,
    exports,
    keys,
    locks,
    namespaces,
    races,
    snapshots,
    users,
    volumes,
)
from tests.conformance.base import Contract
from tests.conformance.client import Api
from tests.conformance.target import Target

CONTRACTS: Mapping[Capability, tuple[type[Contract], ...]] = {
    Capability.VOLUMES: (volumes.VolumeContract, races.VolumeRaceContract),
    Capability.SNAPSHOTS: (
        snapshots.SnapshotContract,
        snapshots.RollbackContract,
        snapshots.CloneContract,
    ),
    Capability.LOCKS: (locks.LockContract,),
    Capability.EXPORT: (exports.ExportContract,),
    Capability.BUCKETS: (
        buckets.BucketContract,
        buckets.BucketChangeContract,
        bucket_settings.LifecycleContract,
        bucket_settings.PolicyContract,
        bucket_settings.CorsContract,
    ),
    Capability.USERS: (
        users.UserContract,
        users.UserChangeContract,
        keys.KeyContract,
        races.ObjectRaceContract,
    ),
    Capability.NAMESPACES: (namespaces.NamespaceContract,),
    Capability.QUOTA: (accounting.QuotaContract,),
    Capability.USAGE: (accounting.UsageContract,),
    Capability.CAPACITY: (accounting.CapacityContract,),
}


class DeclarationContract(Contract):
    def test_the_run_knows_what_the_back_end_declares(self, target: Target, api: Api) -> None:
        subsystem = api.get(f"/conf/subsystems/{target.endpoint}").expect(200)
        assert subsystem["capabilities"] == sorted(target.quirks.families)

    def test_every_declared_family_is_examined(
        self, target: Target, request: pytest.FixtureRequest
    ) -> None:
        owed = {contract for family in target.quirks.families for contract in CONTRACTS[family]} | {
            DeclarationContract
        }
        assert owed == _examined(request.module)


def _examined(module: ModuleType) -> set[type[Contract]]:
    """The promises that the module's test classes hold its back-end to."""
    known = {contract for contracts in CONTRACTS.values() for contract in contracts}
    known.add(DeclarationContract)
    tests = [
        value
        for name, value in vars(module).items()
        if name.startswith("Test") and isinstance(value, type)
    ]
    return {contract for contract in known for test in tests if issubclass(test, contract)}
