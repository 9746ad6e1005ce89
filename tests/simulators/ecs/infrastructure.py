"""What the cluster is made of: replication groups, storage pools, capacity."""

from typing import Any

from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.clock import epoch_millis
from tests.simulators.ecs.errors import EcsError
from tests.simulators.ecs.records import ReplicationGroup, StoragePool
from tests.simulators.ecs.world import World

_GIB = 1 << 30


def list_groups(call: Call) -> Reply:
    """All of them at once: there are no pages."""
    groups = [_group(call, group) for group in call.world.groups.values()]
    return Reply("data_service_vpools", {"data_service_vpool": groups})


def show_group(call: Call) -> Reply:
    found = call.world.groups.get(call.names["id"])
    if found is None:
        raise EcsError(2000)
    return Reply("data_service_vpool", _group(call, found))


def list_pools(call: Call) -> Reply:
    return Reply("varrays", {"varray": [_pool(pool) for pool in call.world.pools.values()]})


def show_pool(call: Call) -> Reply:
    return Reply("varray", _pool(_known_pool(call)))


def capacity(call: Call) -> Reply:
    return _capacity(call.world, list(call.world.pools.values()))


def pool_capacity(call: Call) -> Reply:
    return _capacity(call.world, [_known_pool(call)])


def _known_pool(call: Call) -> StoragePool:
    found = call.world.pools.get(call.names["id"])
    if found is None:
        raise EcsError(2000)
    return found


def _capacity(world: World, pools: list[StoragePool]) -> Reply:
    """Raw, in whole GiB; what is stored lies on all pools, each as much as it is large."""
    provisioned = sum(pool.provisioned_gib for pool in pools)
    everywhere = sum(pool.provisioned_gib for pool in world.pools.values())
    occupied = world.meter.occupied_bytes() / everywhere if everywhere else 0.0
    raw = sum(
        occupied * pool.provisioned_gib * (pool.data_blocks + pool.code_blocks) / pool.data_blocks
        for pool in pools
    )
    free = max(0, provisioned - int(-(-raw // _GIB)))
    return Reply("cluster_capacity", {"totalProvisioned_gb": provisioned, "totalFree_gb": free})


def _group(call: Call, group: ReplicationGroup) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "inactive": group.inactive,
        "global": None,
        "remote": None,
        "vdc": None,
        "creation_time": epoch_millis(group.made),
        "isAllowAllNamespaces": True,
        "isFullRep": False,
        "enable_rebalancing": True,
        "varrayMappings": [
            {"name": vdc, "value": pool, "is_replication_target": False}
            for vdc, pool in group.pools
        ],
    }
    if call.settings.release == "4.x":
        found |= {"global": True, "remote": False, "internal": False, "useReplicationTarget": False}
    return found


def _pool(pool: StoragePool) -> dict[str, Any]:
    return {
        "id": pool.id,
        "name": pool.name,
        "label": pool.name,
        "description": "",
        "isProtected": False,
        "isColdStorageEnabled": False,
        "numberOfDataBlocks": pool.data_blocks,
        "numberOfCodeBlocks": pool.code_blocks,
        "warningAlertAt": -1,
        "errorAlertAt": -1,
        "criticalAlertAt": -1,
        "driveTechnology": "HDD",
        "status": 1,
    }
