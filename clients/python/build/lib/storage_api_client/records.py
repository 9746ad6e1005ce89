"""What the API takes and answers, as typed dictionaries.

Made by ``generate.py`` from the service's ``swagger.json``; do not edit. A key of an answer is
always there, and ``None`` means unknown (in limits: unlimited). A key of a request may be left
out where it is ``NotRequired``. Sizes are bytes.
"""

from typing import Literal, NotRequired, TypedDict


class Connection(TypedDict):
    endpoint: str | None
    region: str | None
    access_key: str | None
    secret_key: str | None


class Quota(TypedDict):
    max_bytes: NotRequired[int | None]
    max_objects: NotRequired[int | None]
    soft_bytes: NotRequired[int | None]
    soft_objects: NotRequired[int | None]
    enabled: NotRequired[bool]


class User(TypedDict):
    name: str
    namespace: str | None
    id: str | None
    display_name: str | None
    email: str | None
    suspended: bool | None
    max_buckets: int | None
    key_ids: list[str] | None
    quota: Quota | None
    bucket_quota: Quota | None


class Account(TypedDict):
    user: User
    connection: Connection


class AccountCreate(TypedDict):
    uid: NotRequired[str]
    organization: NotRequired[str]
    project: NotRequired[str]
    resource_uuid: NotRequired[str]
    display_name: NotRequired[str]
    storage_limit: NotRequired[int | None]
    object_limit: NotRequired[int | None]


class QuotaSummary(TypedDict):
    user: Quota | None
    bucket: Quota | None
    bytes_used_percent: float | None
    objects_used_percent: float | None


class BucketSummary(TypedDict):
    name: str
    used_bytes: int | None
    used_objects: int | None


class StorageSummary(TypedDict):
    bucket_count: int
    used_bytes: int | None
    used_objects: int | None
    unmeasured_buckets: int
    buckets: list[BucketSummary]


class AccountMetadata(TypedDict):
    user: User
    connection: Connection
    storage: StorageSummary
    quotas: QuotaSummary


class Grant(TypedDict):
    kind: Literal["user", "group", "custom-group"]
    grantee: str
    permissions: list[str]


class Acl(TypedDict):
    owner: str | None
    default_group: str | None
    grants: list[Grant]


class Usage(TypedDict):
    used_bytes: int | None
    used_objects: int | None
    measured_at: str | None
    source: str | None
    stale: bool


class Allocation(TypedDict):
    name: str
    namespace: str
    bucket: str
    owner: str
    state: Literal["creating", "active", "deleting", "needs-attention"]
    detail: str | None
    size_bytes: int | None
    nfs_share: bool
    created: str | None
    quota: Quota | None
    bucket_quota: Quota | None
    usage: Usage | None


class AllocationCreate(TypedDict):
    name: str
    size_bytes: NotRequired[int]
    unlimited: NotRequired[bool]
    namespace: NotRequired[str]
    bucket: NotRequired[str]
    domain: NotRequired[str]
    groups: NotRequired[list[str]]
    replication_group: NotRequired[str]
    nfs_share: NotRequired[bool]


class AllocationPatch(TypedDict):
    size_bytes: NotRequired[int]
    unlimited: NotRequired[bool]
    force: NotRequired[bool]


class AppliedOptions(TypedDict):
    quota: NotRequired[Quota]
    mode: NotRequired[str]


class BackendId(TypedDict):
    backend_id: str


class Bucket(TypedDict):
    name: str
    namespace: str | None
    owner: str | None
    created: str | None
    versioning: Literal["off", "enabled", "suspended"] | None
    object_lock: bool | None
    placement: str | None
    storage_class: str | None
    replication_group: str | None
    filesystem_enabled: bool | None
    encryption_enabled: bool | None
    locked: bool | None
    retention_seconds: int | None
    quota: Quota | None
    usage: Usage | None
    tags: dict[str, str] | None


class BucketCreate(TypedDict):
    owner: str
    versioning: NotRequired[Literal["off", "enabled", "suspended"]]
    object_lock: NotRequired[bool]
    placement: NotRequired[str]
    storage_class: NotRequired[str]
    replication_group: NotRequired[str]
    filesystem_enabled: NotRequired[bool]
    encryption_enabled: NotRequired[bool]
    retention_seconds: NotRequired[int]
    quota: NotRequired[Quota]
    tags: NotRequired[dict[str, str]]


class BucketPatch(TypedDict):
    owner: NotRequired[str]
    versioning: NotRequired[Literal["off", "enabled", "suspended"]]
    locked: NotRequired[bool]
    retention_seconds: NotRequired[int]
    tags: NotRequired[dict[str, str]]


class Capacity(TypedDict):
    total_bytes: int | None
    used_bytes: int | None
    free_bytes: int | None
    allocated_bytes: int | None
    raw: bool | None
    unlimited_count: int | None
    errors: list[str] | None
    overcommit: float | None


class CorsRule(TypedDict):
    allowed_methods: list[Literal["GET", "PUT", "POST", "DELETE", "HEAD"]]
    allowed_origins: list[str]
    allowed_headers: NotRequired[list[str]]
    expose_headers: NotRequired[list[str]]
    max_age_seconds: NotRequired[int | None]
    id: NotRequired[str | None]


class Cors(TypedDict):
    rules: list[CorsRule]


class ExportPolicy(TypedDict):
    name: str
    rules: list[str]


class GidCache(TypedDict):
    entries: int
    unknown: int
    hits: int
    misses: int
    requests: int
    failures: int
    development_mode: bool
    detail: str | None


class Job(TypedDict):
    id: str
    kind: str
    backend: str
    namespace: str | None
    target: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    done: int
    total: int | None
    errors: list[str]
    asked_by: str | None
    created: str | None
    started: str | None
    finished: str | None


class Key(TypedDict):
    access_key: str
    id: str | None
    active: bool | None
    created: str | None
    expires: str | None


class KeyRotation(TypedDict):
    old_key_expires_in_minutes: NotRequired[int]


class Transition(TypedDict):
    days: int
    storage_class: str


class LifecycleRule(TypedDict):
    id: str
    prefix: NotRequired[str]
    enabled: NotRequired[bool]
    expiration_days: NotRequired[int | None]
    noncurrent_expiration_days: NotRequired[int | None]
    abort_upload_days: NotRequired[int | None]
    expired_delete_marker: NotRequired[bool | None]
    transitions: NotRequired[list[Transition]]
    noncurrent_transitions: NotRequired[list[Transition]]


class Lifecycle(TypedDict):
    rules: list[LifecycleRule]


class Lock(TypedDict):
    host: str


class MeteredUsage(TypedDict):
    holder: str
    kind: Literal["bucket", "user", "namespace"]
    namespace: str | None
    name: str
    owner: str | None
    period_start: str
    period_end: str
    unit: str
    value: str | None
    byte_seconds: str | None
    object_days: str | None
    samples: int
    gaps: int
    gap_seconds: int
    complete: bool


class RetentionClass(TypedDict):
    name: str
    seconds: int


class UserMapping(TypedDict):
    domain: str
    groups: NotRequired[list[str]]
    attributes: NotRequired[dict[str, list[str]]]


class Namespace(TypedDict):
    name: str
    parent: str | None
    display_name: str | None
    replication_group: str | None
    quota: Quota | None
    labels: dict[str, str] | None
    admins: list[str] | None
    external_group_admins: list[str] | None
    user_mapping: list[UserMapping] | None
    encryption_enabled: bool | None
    compliance_enabled: bool | None
    default_bucket_size: int | None
    retention_classes: list[RetentionClass] | None


class NamespaceCreate(TypedDict):
    display_name: NotRequired[str]
    labels: NotRequired[dict[str, str]]
    replication_group: NotRequired[str]
    admins: NotRequired[list[str]]
    external_group_admins: NotRequired[list[str]]
    user_mapping: NotRequired[list[UserMapping]]
    encryption_enabled: NotRequired[bool]
    default_bucket_size: NotRequired[int | None]
    parent: NotRequired[str]
    compliance_enabled: NotRequired[bool]
    quota: NotRequired[Quota]


class NamespacePatch(TypedDict):
    display_name: NotRequired[str]
    labels: NotRequired[dict[str, str]]
    replication_group: NotRequired[str]
    admins: NotRequired[list[str]]
    external_group_admins: NotRequired[list[str]]
    user_mapping: NotRequired[list[UserMapping]]
    encryption_enabled: NotRequired[bool]
    default_bucket_size: NotRequired[int | None]


class NewAllocation(TypedDict):
    name: str
    namespace: str
    bucket: str
    owner: str
    state: Literal["creating", "active", "deleting", "needs-attention"]
    detail: str | None
    size_bytes: int | None
    nfs_share: bool
    created: str | None
    quota: Quota | None
    bucket_quota: Quota | None
    usage: Usage | None
    connection: Connection | None


class NewKey(TypedDict):
    access_key: str
    id: str | None
    active: bool | None
    created: str | None
    expires: str | None
    secret_key: str


class Order(TypedDict):
    uuid: str
    type: str | None
    state: str | None
    volume: str | None
    created: str | None
    old_quota: Quota | None
    new_quota: Quota | None
    error_message: str | None


class OrderApproval(TypedDict):
    quota: NotRequired[Quota]


class OrderFailure(TypedDict):
    message: str
    traceback: NotRequired[str]


class OrderRejection(TypedDict):
    reason: str


class PolicyPost(TypedDict):
    rules: NotRequired[list[str]]


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str | None
    message: str


class Snapshot(TypedDict):
    name: str
    size_kbytes: int | None
    creation_time: str | None


class SnapshotPost(TypedDict):
    purge_old_if_needed: NotRequired[bool]


Subsystem = TypedDict(
    "Subsystem",
    {
        "name": str,
        "class": str,
        "capabilities": list[str],
        "state": Literal["unknown", "up", "down"],
        "detail": str | None,
        "checked_at": str | None,
    },
)


class UserCreate(TypedDict):
    display_name: NotRequired[str]
    email: NotRequired[str | None]
    suspended: NotRequired[bool]
    max_buckets: NotRequired[int | None]
    bucket_quota: NotRequired[Quota]
    quota: NotRequired[Quota]


class UserPatch(TypedDict):
    display_name: NotRequired[str]
    email: NotRequired[str | None]
    suspended: NotRequired[bool]
    max_buckets: NotRequired[int | None]
    bucket_quota: NotRequired[Quota]


class Volume(TypedDict):
    name: str
    uuid: str | None
    size_total: int | None
    size_used: int | None
    filer_address: str | None
    aggregate_name: str | None
    junction_path: str | None
    state: str | None
    creation_time: str | None
    active_policy_name: str | None
    autosize_enabled: bool | None
    max_autosize: int | None
    percentage_snapshot_reserve: int | None
    percentage_snapshot_reserve_used: int | None
    compression_enabled: bool | None
    inline_compression: bool | None
    caching_policy: str | None
    namespace: str | None
    quota: Quota | None
    gid: int | None
    mode: str | None
    owner: str | None


class VolumePatch(TypedDict):
    size_total: NotRequired[int]
    autosize_enabled: NotRequired[bool]
    max_autosize: NotRequired[int]
    active_policy_name: NotRequired[str]
    percentage_snapshot_reserve: NotRequired[int]
    compression_enabled: NotRequired[bool]
    inline_compression: NotRequired[bool]
    caching_policy: NotRequired[str]


class VolumePost(TypedDict):
    size_total: NotRequired[int]
    autosize_enabled: NotRequired[bool]
    max_autosize: NotRequired[int]
    active_policy_name: NotRequired[str]
    percentage_snapshot_reserve: NotRequired[int]
    compression_enabled: NotRequired[bool]
    inline_compression: NotRequired[bool]
    caching_policy: NotRequired[str]
    name: NotRequired[str]
    aggregate_name: NotRequired[str]
    junction_path: NotRequired[str]
    from_snapshot: NotRequired[str]
    from_volume: NotRequired[str]


class AllocationFilters(TypedDict):
    name: NotRequired[str]
    owner: NotRequired[str]
    state: NotRequired[str]


class BucketFilters(TypedDict):
    name: NotRequired[str]
    owner: NotRequired[str]


class ExportPolicyFilters(TypedDict):
    name: NotRequired[str]


class JobFilters(TypedDict):
    kind: NotRequired[str]
    state: NotRequired[str]
    backend: NotRequired[str]


class NamespaceFilters(TypedDict):
    name: NotRequired[str]


class OrderFilters(TypedDict):
    state: NotRequired[str]


class SnapshotFilters(TypedDict):
    name: NotRequired[str]


class UserFilters(TypedDict):
    name: NotRequired[str]


class VolumeFilters(TypedDict):
    name: NotRequired[str]
    owner: NotRequired[str]
    state: NotRequired[str]
