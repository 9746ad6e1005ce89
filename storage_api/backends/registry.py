"""Finds a back-end's class by the name that ``SAPI_BACKENDS`` uses.

Only what is configured is imported. Packages outside this one add back-ends with
the entry point group ``storage_api.backends`` (name = class name).
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points

from storage_api.backends.accounting import CapacityReporter, QuotaStore, UsageReporter
from storage_api.backends.allocations import AllocationHost
from storage_api.backends.base import StorageBackend
from storage_api.backends.objects import AclReader, BucketStore, NamespaceStore, UserStore
from storage_api.backends.orders import OrderStore, StorageResourceSource
from storage_api.backends.volumes import ExportStore, LockStore, SnapshotStore, VolumeStore
from storage_api.domain.capabilities import Capability

ENTRY_POINT_GROUP = "storage_api.backends"

BUILTIN: Mapping[str, str] = {
    "CroitStorage": "storage_api.backends.croit.backend",
    "CscsStorage": "storage_api.backends.cscs.backend",
    "DummyStorage": "storage_api.backends.dummy.backend",
    "EcsStorage": "storage_api.backends.ecs.backend",
    "NetappStorage": "storage_api.backends.netapp.backend",
    "RadosgwStorage": "storage_api.backends.radosgw.backend",
}

#: The abstract class that each capability obliges a back-end to inherit.
FAMILIES: Mapping[Capability, type] = {
    Capability.VOLUMES: VolumeStore,
    Capability.SNAPSHOTS: SnapshotStore,
    Capability.LOCKS: LockStore,
    Capability.EXPORT: ExportStore,
    Capability.BUCKETS: BucketStore,
    Capability.ACL: AclReader,
    Capability.USERS: UserStore,
    Capability.NAMESPACES: NamespaceStore,
    Capability.QUOTA: QuotaStore,
    Capability.USAGE: UsageReporter,
    Capability.CAPACITY: CapacityReporter,
    Capability.STORAGE_RESOURCES: StorageResourceSource,
    Capability.ORDERS: OrderStore,
    Capability.ALLOCATIONS: AllocationHost,
}


class UnknownBackendError(LookupError):
    """No such class; the text names those that exist."""


def load_backend_class(name: str) -> type[StorageBackend]:
    """Import the back-end class ``name``; raises ``UnknownBackendError``."""
    if name in BUILTIN:
        loaded = getattr(import_module(BUILTIN[name]), name)
    else:
        foreign = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
        if name not in foreign:
            known = ", ".join(sorted({*BUILTIN, *foreign}))
            raise UnknownBackendError(f"unknown back-end class (known: {known})")
        loaded = foreign[name].load()
    if not (isinstance(loaded, type) and issubclass(loaded, StorageBackend)):
        raise UnknownBackendError("the entry point is no StorageBackend class")
    return loaded


def families_of(backend: type[StorageBackend]) -> frozenset[Capability]:
    """The capabilities whose abstract classes ``backend`` inherits."""
    return frozenset(name for name, family in FAMILIES.items() if issubclass(backend, family))
