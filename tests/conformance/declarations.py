"""What a run owes: to examine every family that the back-end declares."""

from collections.abc import Iterable, Mapping

from storage_api.domain.capabilities import Capability
from tests.conformance import (
    accounting,
    accounts,
    allocations,
    bucket_settings,
    buckets,
    exports,
    keys,
    locks,
    namespaces,
    purges,
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
    Capability.LOCKS: (locks.LockContract, locks.LockCreationContract),
    Capability.EXPORT: (exports.ExportContract,),
    Capability.BUCKETS: (
        buckets.BucketContract,
        buckets.BucketChangeContract,
        bucket_settings.LifecycleContract,
        bucket_settings.PolicyContract,
        bucket_settings.CorsContract,
    ),
    Capability.ACL: (buckets.AclContract,),
    Capability.USERS: (
        users.UserContract,
        users.UserChangeContract,
        keys.KeyContract,
        accounts.AccountContract,
        accounts.AccountConflictContract,
        accounts.MetadataContract,
        purges.PurgeContract,
        races.ObjectRaceContract,
    ),
    Capability.NAMESPACES: (namespaces.NamespaceContract,),
    Capability.QUOTA: (accounting.QuotaContract,),
    Capability.USAGE: (accounting.UsageContract,),
    Capability.CAPACITY: (accounting.CapacityContract,),
    Capability.ALLOCATIONS: (allocations.AllocationContract,),
}


class DeclarationContract(Contract):
    def test_the_run_knows_what_the_back_end_declares(self, target: Target, api: Api) -> None:
        subsystem = api.get(f"/conf/subsystems/{target.endpoint}").expect(200)
        assert subsystem["capabilities"] == sorted(target.quirks.families)


def contract_tests(families: Iterable[Capability]) -> dict[str, type[Contract]]:
    """The test classes, by the names under which pytest finds them, that these families owe.

    A test module takes them with ``globals().update(contract_tests(FAMILIES))``.
    """
    owed: list[type[Contract]] = [DeclarationContract]
    for family in sorted(families):
        owed += CONTRACTS[family]
    names = [f"Test{contract.__name__.removesuffix('Contract')}" for contract in owed]
    return {name: type(name, (contract,), {}) for name, contract in zip(names, owed, strict=True)}
