"""What the simulated cluster holds."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class ReplicationGroup:
    id: str
    name: str
    made: datetime
    description: str = ""
    inactive: bool = False
    #: (virtual data centre, storage pool), both as URNs.
    pools: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class StoragePool:
    id: str
    name: str
    provisioned_gib: int
    data_blocks: int = 12
    code_blocks: int = 4


@dataclass
class Quota:
    """Sizes are GiB; -1 is none."""

    block: int = -1
    notify: int = -1
    block_count: int = -1
    notify_count: int = -1


@dataclass
class Namespace:
    name: str
    made: datetime
    vpool: str = ""
    allowed_vpools: list[str] = field(default_factory=list)
    disallowed_vpools: list[str] = field(default_factory=list)
    #: Names, separated by commas.
    admins: str = ""
    external_group_admins: str = ""
    user_mapping: list[dict[str, Any]] = field(default_factory=list)
    encrypted: bool = False
    stale_allowed: bool = False
    compliance: bool = False
    object_lock_with_ado: bool = False
    default_bucket_gib: int = -1
    audit_delete_expiration: int = -1
    quota: Quota = field(default_factory=Quota)
    retention_classes: dict[str, int] = field(default_factory=dict)
    buckets: dict[str, "Bucket"] = field(default_factory=dict)


@dataclass
class Version:
    """One version of an object; a delete marker has no size."""

    key: str
    size: int
    marker: bool = False


@dataclass
class Upload:
    """A multipart upload that was not completed."""

    key: str
    size: int
    parts: int


@dataclass
class Emptying:
    """Work in the background; half of the entries are gone after half of the time."""

    started: datetime
    seconds: float
    outcome: str
    #: How many entries there were.
    entries: int
    halved: bool = False
    #: It failed, or was aborted.
    over: bool = False

    def done(self, now: datetime) -> float:
        """Which part of the time has passed: 1 and more at the end."""
        past = (now - self.started).total_seconds()
        return past / self.seconds if self.seconds else 1.0

    def status(self, now: datetime) -> str:
        done = self.done(now)
        match self.outcome:
            case "FAILED" if done >= 0.5:
                return "FAILED"
            case "ABORTED" if done >= 0.5:
                return "ABORTED" if done >= 0.75 else "ABORT_IN_PROGRESS"
        stages = ((0.25, "PENDING"), (0.75, "IN_PROGRESS"), (1.0, "POST_PROCESSING"))
        return next((stage for until, stage in stages if done < until), "DONE")


@dataclass
class Bucket:
    name: str
    namespace: str
    owner: str
    vpool: str
    made: datetime
    filesystem: bool = False
    api_type: str = "S3"
    encrypted: bool = False
    stale_allowed: bool = False
    tso_read_only: bool = False
    locked: bool = False
    #: Seconds; 0 is none.
    retention: int = 0
    autocommit: int = 0
    audit_delete_expiration: int = -1
    object_lock: bool = False
    object_lock_with_ado: bool = False
    versioning: str = ""
    #: ``default_group`` and the permissions that begin with that.
    group: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    search_metadata: list[dict[str, Any]] = field(default_factory=list)
    governor: dict[str, Any] = field(default_factory=dict)
    acl: dict[str, Any] | None = None
    policy: bytes = b""
    quota: Quota = field(default_factory=Quota)
    versions: list[Version] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    emptying: Emptying | None = None

    @property
    def empty(self) -> bool:
        return not self.versions and not self.uploads

    @property
    def read_only(self) -> bool:
        return self.emptying is not None and not self.emptying.over


@dataclass
class SecretKey:
    id: str
    secret: str
    made: datetime
    expires: datetime | None = None


@dataclass
class ObjectUser:
    name: str
    namespace: str
    made: datetime
    locked: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    keys: list[SecretKey] = field(default_factory=list)
