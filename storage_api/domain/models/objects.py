"""The records of object storage."""

from dataclasses import MISSING, dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from storage_api.domain.models.accounting import Quota, Usage
from storage_api.domain.models.documented import described, size
from storage_api.domain.units import MAX_BYTES, TIB


class Ref(NamedTuple):
    """Names a bucket or user: ``namespace`` is ``None`` for the back-end's default one."""

    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Versioning(StrEnum):
    OFF = "off"
    ENABLED = "enabled"
    SUSPENDED = "suspended"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An S3 bucket. A list gives what one cheap call to the back-end tells; the rest is null."""

    name: str = described("The bucket's name.", example="alice-data", default=MISSING)
    namespace: str | None = described("Namespace that holds it.", example="physics")
    owner: str | None = described("User who owns it.", example="alice", minLength=1, maxLength=128)
    created: datetime | None = described(
        "When it was created (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    versioning: Versioning | None = described("Versioning state.", example="enabled")
    object_lock: bool | None = described(
        "Whether objects can be locked; fixed at creation.", example=False
    )
    placement: str | None = described(
        "Placement rule; fixed at creation.",
        example="default-placement",
        minLength=1,
        maxLength=128,
        pattern="^[A-Za-z0-9_.-]+$",
    )
    storage_class: str | None = described(
        "Default storage class; fixed at creation.",
        example="STANDARD",
        minLength=1,
        maxLength=64,
        pattern="^[A-Za-z0-9_-]+$",
    )
    replication_group: str | None = described(
        "Replication group; fixed at creation.", example="rg1", minLength=1, maxLength=255
    )
    filesystem_enabled: bool | None = described(
        "Whether it is also served over NFS; fixed at creation.", example=False
    )
    encryption_enabled: bool | None = described(
        "Whether the back-end encrypts it; fixed at creation.", example=False
    )
    locked: bool | None = described("Whether all access to it is refused.", example=False)
    retention_seconds: int | None = described(
        "Seconds for which objects cannot change after they were written; 0 is none, -1 for ever.",
        example=0,
        minimum=-1,
        maximum=MAX_BYTES,
    )
    quota: Quota | None = described("Limits of this bucket.")
    usage: Usage | None = described("What it holds.")
    tags: dict[str, str] | None = described("Tags.", example={"project": "atlas"}, maxProperties=10)


@dataclass(frozen=True, kw_only=True)
class User:
    """An object user: owns buckets and keys."""

    name: str = described("The user's name.", example="alice", default=MISSING)
    namespace: str | None = described("Namespace that holds the user.", example="physics")
    id: str | None = described("The back-end's full identifier.", example="physics$alice")
    display_name: str | None = described(
        "Name for people.", example="Alice Liddell", minLength=1, maxLength=255
    )
    email: str | None = described(
        "E-mail address; null is none.",
        example="alice@example.org",
        maxLength=254,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
    )
    suspended: bool | None = described("Whether all access is refused.", example=False)
    max_buckets: int | None = described(
        "Most buckets that the user may own; null is unlimited, 0 is none.",
        example=1000,
        minimum=0,
        maximum=2**31 - 1,
    )
    key_ids: list[str] | None = described(
        "What names the user's keys: their ids or access keys (never secrets).",
        example=["AKIAEXAMPLE"],
    )
    quota: Quota | None = described("Limits over all of the user's buckets together.")
    bucket_quota: Quota | None = described(
        "Limits of each of the user's buckets that has none of its own."
    )


@dataclass(frozen=True, kw_only=True)
class Key:
    """An access key. ``secret_key`` is present only in the answer that created it."""

    access_key: str = described("Access key.", example="AKIAEXAMPLE", default=MISSING)
    id: str | None = described(
        "Names the key in this API where one access key has several secrets; null: the access "
        "key does.",
        example=None,
    )
    active: bool | None = described("Whether it is accepted.", example=True)
    created: datetime | None = described(
        "When it was created (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    expires: datetime | None = described("When it ends (RFC 3339); null is never.", example=None)


@dataclass(frozen=True, kw_only=True)
class NewKey(Key):
    """A key that was just made, with the secret that no later answer repeats."""

    secret_key: str = described(
        "Secret key, shown this once.", example="shown-once", default=MISSING
    )

    def __repr__(self) -> str:
        return f"NewKey(access_key={self.access_key!r})"


@dataclass(frozen=True, kw_only=True)
class UserMapping:
    """Whoever of a directory's domain fits all of this belongs to the namespace."""

    domain: str = described(
        "Domain of the directory.", example="example.org", default=MISSING, minLength=1,
        maxLength=255,
    )  # fmt: skip
    groups: list[str] = described(
        "Groups of that domain; none given is everybody.", example=["physics"], default=list,
        maxItems=100,
    )  # fmt: skip
    attributes: dict[str, list[str]] = described(
        "Attributes with the values that fit.", example={"department": ["physics"]}, default=dict,
        maxProperties=100,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RetentionClass:
    """A named time for which objects cannot change."""

    name: str = described("The class's name.", example="one-year", default=MISSING)
    seconds: int = described("Seconds; -1 is for ever.", example=31_536_000, default=MISSING)


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """A tenant: a name space for users and buckets."""

    name: str = described("The namespace's name.", example="physics", default=MISSING)
    parent: str | None = described("Namespace above.", example=None, maxLength=64)
    display_name: str | None = described(
        "Name for people.", example="Physics department", minLength=1, maxLength=255
    )
    replication_group: str | None = described(
        "Default replication group.", example="rg1", minLength=1, maxLength=255
    )
    quota: Quota | None = described("Limits over all of its buckets together.")
    labels: dict[str, str] | None = described(
        "Labels.", example={"cost-centre": "4711"}, maxProperties=50
    )
    admins: list[str] | None = described(
        "Users who administer it.", example=["alice@example.org"], maxItems=100
    )
    external_group_admins: list[str] | None = described(
        "Groups of a directory whose members administer it.",
        example=["physics-admins@example.org"],
        maxItems=100,
    )
    user_mapping: list[UserMapping] | None = described(
        "Who of a directory belongs to it.", maxItems=100
    )
    encryption_enabled: bool | None = described(
        "Whether the back-end encrypts its buckets; cannot be switched off.", example=False
    )
    compliance_enabled: bool | None = described(
        "Whether each bucket must have retention; fixed at creation.", example=False
    )
    default_bucket_size: int | None = size(
        "Quota in bytes of buckets that are created without one; null is none.", example=TIB
    )
    retention_classes: list[RetentionClass] | None = described(
        "Named times for which objects can be kept from change."
    )
