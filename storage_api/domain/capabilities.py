"""What a back-end can do, named once: a capability is one family of the API."""

from enum import StrEnum


class Capability(StrEnum):
    """Declaring one obliges the back-end to inherit the abstract class named beside it."""

    VOLUMES = "volumes"  # VolumeStore
    SNAPSHOTS = "snapshots"  # SnapshotStore
    LOCKS = "locks"  # LockStore
    EXPORT = "export"  # ExportStore
    BUCKETS = "buckets"  # BucketStore
    ACL = "acl"  # AclReader
    USERS = "users"  # UserStore
    NAMESPACES = "namespaces"  # NamespaceStore
    QUOTA = "quota"  # QuotaStore, for each kind in quota_holders
    USAGE = "usage"  # UsageReporter, for each kind in usage_holders
    CAPACITY = "capacity"  # CapacityReporter
    STORAGE_RESOURCES = "storage-resources"  # StorageResourceSource
    ORDERS = "orders"  # OrderStore
    ALLOCATIONS = "allocations"  # AllocationHost


class HolderKind(StrEnum):
    """What a quota or a usage figure can belong to."""

    BUCKET = "bucket"
    USER = "user"
    NAMESPACE = "namespace"
