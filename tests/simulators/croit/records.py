"""What a cluster holds, as the simulator's parts hand it to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

OFF = -1


@dataclass(frozen=True)
class Quota:
    """``max_size`` in bytes, a multiple of 1024; a negative limit is none."""

    enabled: bool = False
    max_size: int = OFF
    max_objects: int = OFF

    def changed(self, body: Mapping[str, Any]) -> Quota:
        """By a request, whose absent or null limits stay. Sizes are kept in KiB, rounded up."""
        size = _first(body, "maxSize")
        if size is None and (kib := _first(body, "max_size_kb")) is not None:
            size = kib if kib < 0 else kib * 1024
        objects = _first(body, "maxObjects", "max_objects")
        return replace(
            self,
            enabled=body["enabled"],
            max_size=self.max_size if size is None else _whole_kib(size),
            max_objects=self.max_objects if objects is None else objects,
        )


def _whole_kib(size: int) -> int:
    return size if size < 0 else -(-size // 1024) * 1024


def _first(body: Mapping[str, Any], *names: str) -> int | None:
    return next((body[name] for name in names if body.get(name) is not None), None)


@dataclass(frozen=True)
class Key:
    """``user`` is a uid, or ``uid:subuser``."""

    user: str
    access_key: str
    secret_key: str


@dataclass
class User:
    """``uid`` is ``tenant$name`` in a tenant. ``subusers`` maps short names to permissions."""

    uid: str
    name: str
    email: str = ""
    suspended: bool = False
    default_placement: str | None = None
    default_storage_class: str | None = None
    user_quota: Quota = Quota()
    bucket_quota: Quota = Quota()
    keys: list[Key] = field(default_factory=list)
    subusers: dict[str, str] = field(default_factory=dict)

    @property
    def tenant(self) -> str:
        tenant, dollar, _ = self.uid.partition("$")
        return tenant if dollar else ""


@dataclass(frozen=True)
class NewUser:
    uid: str
    name: str
    email: str = ""
    default_placement: str | None = None
    default_storage_class: str | None = None


@dataclass(frozen=True)
class Usage:
    """Bytes; ``size_actual`` is rounded up to 4 KiB for each object."""

    size: int
    size_actual: int
    num_objects: int


@dataclass(frozen=True)
class Bucket:
    """``usage`` is None until the bucket has held something."""

    name: str
    tenant: str
    id: str
    owner: str
    placement_rule: str
    mtime: str
    quota: Quota
    usage: Usage | None

    @property
    def path(self) -> str:
        """As Admin Ops names it."""
        return f"{self.tenant}/{self.name}" if self.tenant else self.name


@dataclass(frozen=True)
class NewBucket:
    name: str
    owner: str
    placement: str | None = None


@dataclass(frozen=True)
class Grant:
    """One entry of a bucket's ACL, as croit words it."""

    grantee: str
    permission: str
    user_id: str | None = None
    display_name: str | None = None


@dataclass(frozen=True)
class Details:
    cors: list[Json]
    acl: list[Grant]
    versioning: str


@dataclass(frozen=True)
class StoredObject:
    key: str
    size: int
    modified: str
    etag: str


@dataclass(frozen=True)
class Upload:
    key: str
    upload_id: str
    initiated: str


@dataclass(frozen=True)
class Listing:
    """One page; ``token`` continues it."""

    objects: list[StoredObject]
    prefixes: list[str]
    token: str | None


@dataclass(frozen=True)
class Placement:
    name: str = "default-placement"
    storage_class: str = "STANDARD"
    data_pool: str = "default.rgw.buckets.data"
    index_pool: str = "default.rgw.buckets.index"
    data_extra_pool: str = "default.rgw.buckets.non-ec"


@dataclass(frozen=True)
class Traffic:
    """What went through one bucket in one hour that begins at ``time``, unix seconds."""

    bucket: str
    owner: str
    time: int
    downloaded: int = 0
    uploaded: int = 0
    successful: int = 0
    failed: int = 0
