"""What a caller may send: the writable part of each record.

A key's description, example and limits are those of the record's field with the
same name (``domain.models``); here stands only which keys a request may carry.
Keys that no record has are described where they stand.
"""

from typing import Annotated, Required, TypedDict

from storage_api.domain.models import Quota, UserMapping, Versioning, about
from storage_api.domain.units import MAX_BYTES, TIB


class VolumePatch(TypedDict, total=False):
    size_total: int
    autosize_enabled: bool
    max_autosize: int
    active_policy_name: str
    percentage_snapshot_reserve: int
    compression_enabled: bool
    inline_compression: bool
    caching_policy: str


class VolumeCreate(VolumePatch, total=False):
    name: str
    aggregate_name: str
    junction_path: str


class VolumePost(VolumeCreate, total=False):
    from_snapshot: Annotated[
        str,
        about(
            "Snapshot to start from. Alone: roll this volume back to it. "
            "With from_volume: clone that volume in the snapshot's state.",
            example="before-upgrade",
        ),
    ]
    from_volume: Annotated[
        str, about("Volume to clone; needs from_snapshot.", example="projects_alice")
    ]


class SnapshotPost(TypedDict, total=False):
    purge_old_if_needed: Annotated[
        bool,
        about("Delete the oldest snapshot if there is no room for another.", example=False),
    ]


class PolicyPost(TypedDict, total=False):
    rules: list[str]


class OrderApproval(TypedDict, total=False):
    quota: Annotated[
        Quota,
        about("The limits as they were really set; absent if that is not known.", example=None),
    ]


class OrderRejection(TypedDict):
    reason: Annotated[
        str,
        about("Why the order is refused.", example="No space left.", minLength=1, maxLength=1000),
    ]


class OrderFailure(TypedDict, total=False):
    message: Required[
        Annotated[
            str, about("What went wrong.", example="No such group.", minLength=1, maxLength=1000)
        ]
    ]
    traceback: Annotated[
        str,
        about("Details, lines of them.", example="", maxLength=16384, pattern=r"^[^\x00]*$"),
    ]


class BackendId(TypedDict):
    backend_id: Annotated[
        str,
        about(
            "Absolute path at which the volume really is.",
            example="/capstor/store/cscs/lab/climate",
            maxLength=1024,
            pattern=r"^/(?!.*/\.{1,2}(/|$))(?!\.{1,2}(/|$))[A-Za-z0-9:/_.-]+$",
        ),
    ]


class AppliedOptions(TypedDict, total=False):
    quota: Annotated[
        Quota, about("The limits that are really set; absent ones stay.", example=None)
    ]
    mode: Annotated[
        str,
        about("Permissions of the top directory, octal.", example="2770", pattern="^[0-7]{3,4}$"),
    ]


class BucketPatch(TypedDict, total=False):
    owner: str
    versioning: Versioning
    locked: bool
    retention_seconds: int
    tags: dict[str, str]


class BucketCreate(TypedDict, total=False):
    owner: Required[str]
    versioning: Versioning
    object_lock: bool
    placement: str
    storage_class: str
    replication_group: str
    filesystem_enabled: bool
    encryption_enabled: bool
    retention_seconds: int
    quota: Quota
    tags: dict[str, str]


class UserPatch(TypedDict, total=False):
    display_name: str
    email: str | None
    suspended: bool
    max_buckets: int | None
    bucket_quota: Quota


class UserCreate(UserPatch, total=False):
    quota: Quota


class KeyRotation(TypedDict, total=False):
    old_key_expires_in_minutes: Annotated[
        int,
        about(
            "Minutes for which the old key goes on working; 0 or absent: it ends at once.",
            example=60,
            minimum=0,
            maximum=60 * 24 * 365,
        ),
    ]


class AccountCreate(TypedDict, total=False):
    uid: Annotated[
        str,
        about("The user's name; or give organization, project and resource_uuid.", example="alice"),
    ]
    organization: Annotated[
        str, about("Short name of the organization.", example="physics", maxLength=255)
    ]
    project: Annotated[str, about("Short name of the project.", example="atlas", maxLength=255)]
    resource_uuid: Annotated[
        str,
        about(
            "The resource that the portal keeps for this account.",
            example="abc7de61ae93421cb02556ff18e18679",
            pattern="^[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}$",
        ),
    ]
    display_name: str
    storage_limit: Annotated[
        int | None,
        about(
            "Most bytes in all buckets together; null is unlimited. Absent: what the "
            "configuration says.",
            example=10**12,
            minimum=1,
            maximum=MAX_BYTES,
        ),
    ]
    object_limit: Annotated[
        int | None,
        about(
            "Most objects in all buckets together; null is unlimited. Absent: what the "
            "configuration says.",
            example=1_000_000,
            minimum=1,
            maximum=MAX_BYTES,
        ),
    ]


class AllocationPatch(TypedDict, total=False):
    size_bytes: Annotated[
        int, about("Most bytes that may be stored.", example=TIB, minimum=1, maximum=MAX_BYTES)
    ]
    unlimited: Annotated[bool, about("Said instead of a size: there is no limit.", example=False)]
    force: Annotated[bool, about("Shrink also below what is stored.", example=False)]


class AllocationCreate(TypedDict, total=False):
    name: Required[Annotated[str, about("The allocation's name.", example="Smith Lab")]]
    size_bytes: Annotated[
        int, about("Most bytes that may be stored.", example=TIB, minimum=1, maximum=MAX_BYTES)
    ]
    unlimited: Annotated[bool, about("Said instead of a size: there is no limit.", example=False)]
    namespace: Annotated[
        str, about("Namespace to make; absent: derived from the name.", example="smith-lab")
    ]
    bucket: Annotated[
        str,
        about("Bucket to make; absent: lab-<namespace>-bucket.", example="lab-smith-lab-bucket"),
    ]
    domain: Annotated[
        str, about("Directory domain of the groups.", example="example.org", maxLength=255)
    ]
    groups: Annotated[
        list[str],
        about("Groups whose members belong to the namespace.", example=["smith_lab"], maxItems=50),
    ]
    replication_group: Annotated[
        str, about("Replication group; fixed at creation.", example="rg1", minLength=1)
    ]
    nfs_share: Annotated[bool, about("Whether NFS serves it too.", example=False)]


class NamespacePatch(TypedDict, total=False):
    display_name: str
    labels: dict[str, str]
    replication_group: str
    admins: list[str]
    external_group_admins: list[str]
    user_mapping: list[UserMapping]
    encryption_enabled: bool
    default_bucket_size: int | None


class NamespaceCreate(NamespacePatch, total=False):
    parent: str
    compliance_enabled: bool
    quota: Quota
