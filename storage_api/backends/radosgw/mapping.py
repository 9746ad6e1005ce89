"""RGW's rows to our records and back; the only file that knows both. Pure functions.

A row that lacks what every RGW sends raises ``BackendMisbehaved`` instead of
reading as zero, empty or absent.
"""

import functools
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from storage_api.domain.errors import BackendMisbehaved, Invalid
from storage_api.domain.models import Bucket, Key, NewKey, Quota, Usage, User
from storage_api.domain.requests import BucketCreate, UserCreate, UserPatch
from storage_api.domain.units import KIB, MAX_BYTES, ceil_div

P = ParamSpec("P")
T = TypeVar("T")
Row = Mapping[str, Any]

#: RGW reads 2^63-1 as "unlimited", so the largest limit that it really holds is one less.
MAX_LIMIT = MAX_BYTES - 1
#: One bucket's limit is kept in KiB but compared in bytes.
MAX_LIMIT_KIB = MAX_BYTES // KIB

_STANDARD = "STANDARD"
#: RGW's user row says 0 for "no limit" and a negative number for "no bucket at all".
_UNLIMITED_BUCKETS, _NO_BUCKETS = 0, -1
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, StopIteration)


def _checked(read: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(read)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except _UNREADABLE as error:
            raise BackendMisbehaved("RadosGW sent a record that cannot be understood.") from error

    return wrapped


# Names


def full_uid(tenant: str, name: str) -> str:
    return f"{tenant}${name}" if tenant else name


def split_uid(uid: str) -> tuple[str, str]:
    """``(tenant, name)``; the tenant is empty for the tenantless."""
    tenant, dollar, name = uid.rpartition("$")
    return (tenant, name) if dollar else ("", uid)


def bucket_path(tenant: str, name: str) -> str:
    return f"{tenant}/{name}" if tenant else name


def path_tenant(path: str) -> str:
    return path.rpartition("/")[0]


@_checked
def owner_uid(bucket: Row) -> str:
    return _text(bucket["owner"])


@_checked
def bucket_id(bucket: Row) -> str:
    return _text(bucket["id"])


@_checked
def bucket_tenant(bucket: Row) -> str:
    return _text(bucket.get("tenant", ""))


# Users and keys


@_checked
def user_record(row: Row) -> User:
    tenant, name = _text(row.get("tenant", "")), _text(row["user_id"])
    limit = _whole(row["max_buckets"])
    return User(
        name=name,
        namespace=tenant or None,
        id=full_uid(tenant, name),
        display_name=_text(row["display_name"]) or None,
        email=_text(row.get("email", "")) or None,
        suspended=is_suspended(row),
        max_buckets=None if limit == _UNLIMITED_BUCKETS else max(limit, 0),
        key_ids=[key["access_key"] for key in own_keys(row)],
        quota=quota_record(row["user_quota"]),
        bucket_quota=quota_record(row["bucket_quota"]),
    )


def listed_user(uid: str) -> User:
    tenant, name = split_uid(uid)
    return User(name=name, namespace=tenant or None, id=uid)


@_checked
def is_suspended(row: Row) -> bool:
    return bool(_whole(row["suspended"]))


@_checked
def is_administrator(row: Row, our_access_key: str) -> bool:
    """Anybody with rights beyond his own data, and whoever we are ourselves."""
    return (
        bool(row["caps"])
        or any(str(row.get(flag, "false")).lower() != "false" for flag in ("system", "admin"))
        or any(key.get("access_key") == our_access_key for key in row["keys"])
    )


@_checked
def capabilities(row: Row) -> dict[str, str]:
    """Type to permission, as in ``{"users": "*"}``."""
    return {cap["type"]: cap["perm"] for cap in row["caps"]}


@_checked
def own_keys(row: Row) -> list[Row]:
    """Without the sub-users' keys, which RGW keeps in the same array."""
    uid = full_uid(_text(row.get("tenant", "")), _text(row["user_id"]))
    keys = [key for key in row["keys"] if key["user"] == uid]
    for key in keys:
        _text(key["access_key"])
    return keys


def is_active(key: Row) -> bool:
    """Releases before Squid cannot switch a key off and have no such field."""
    return key.get("active") is not False


@_checked
def key_record(key: Row, *, suspended: bool) -> Key:
    return Key(
        access_key=key["access_key"],
        active=is_active(key) and not suspended,
        created=_time(key.get("create_date")),
    )


@_checked
def new_key(rows: Iterable[Row], access_key: str, *, suspended: bool) -> NewKey:
    row = next(row for row in rows if row["access_key"] == access_key)
    made = key_record(row, suspended=suspended)
    return NewKey(
        access_key=access_key,
        active=made.active,
        created=made.created,
        secret_key=_text(row["secret_key"]),
    )


def user_parameters(fields: UserPatch) -> dict[str, str | int]:
    """The parameters of a create or modify call for what ``fields`` holds."""
    wanted: dict[str, str | int] = {}
    if "display_name" in fields:
        wanted["display-name"] = fields["display_name"]
    if "email" in fields:
        wanted["email"] = fields["email"] or ""
    if "suspended" in fields:
        wanted["suspended"] = "True" if fields["suspended"] else "False"
    if "max_buckets" in fields:
        limit = fields["max_buckets"]
        wanted["max-buckets"] = _UNLIMITED_BUCKETS if limit is None else int(limit) or _NO_BUCKETS
    return wanted


def marker_parameters(display_name: str) -> dict[str, str | int]:
    """Of a user who keeps a namespace: no bucket, no access."""
    return {"display-name": display_name, "suspended": "True", "max-buckets": _NO_BUCKETS}


@_checked
def bucket_quota(row: Row) -> Quota:
    return quota_record(row["bucket_quota"])


def check_text(name: str, value: str) -> None:
    """RGW stores control characters as they are, which breaks the XML of every S3 listing."""
    if not value.strip() or any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        raise Invalid(f"{name} must be a text without control characters.")


def differing(user: User, fields: UserCreate) -> list[str]:
    """Which of the asked settings an existing user does not have."""
    wanted: dict[str, object] = {**fields}
    email = fields.get("email")
    if email:  # RGW keeps addresses in lower case
        wanted["email"] = email.lower()
    return [name for name, value in wanted.items() if getattr(user, name) != value]


# Quotas


@_checked
def quota_record(row: Row) -> Quota:
    """Every negative limit is unlimited: -1, but also the -1024 of a limit set in KiB."""
    size, objects = _whole(row["max_size"]), _whole(row["max_objects"])
    return Quota(
        max_bytes=None if size < 0 else size,
        max_objects=None if objects < 0 else objects,
        enabled=row["enabled"] is True,
    )


def quotas(fields: UserCreate | UserPatch) -> dict[str, Quota]:
    """The quotas that ``fields`` hold, by RGW's quota type."""
    found = {"user": fields.get("quota"), "bucket": fields.get("bucket_quota")}
    return {kind: quota for kind, quota in found.items() if isinstance(quota, Quota)}


def check_quota(quota: Quota) -> None:
    """Raises ``Invalid`` for what RGW would store as something else."""
    if quota.soft_bytes is not None or quota.soft_objects is not None:
        raise Invalid("RadosGW has no soft limits; soft_bytes and soft_objects must be null.")
    for name in ("max_bytes", "max_objects"):
        value = getattr(quota, name)
        if value is not None and not 0 <= value <= MAX_LIMIT:
            raise Invalid(f"{name} must lie between 0 and {MAX_LIMIT}; null is unlimited.")


def user_limits(quota: Quota) -> dict[str, str | int]:
    """Both dimensions always: one that is left out would keep its former limit."""
    return {"max-size": _or_unlimited(quota.max_bytes), **_other_limits(quota)}


def bucket_limits(quota: Quota) -> dict[str, str | int]:
    """In KiB, rounded up: RGW ignores bytes here, and without KiB it would store a limit of 0."""
    kib = None if quota.max_bytes is None else ceil_div(quota.max_bytes, KIB)
    if kib is not None and kib > MAX_LIMIT_KIB:
        raise Invalid(f"max_bytes of a bucket must not exceed {MAX_LIMIT_KIB * KIB}.")
    return {"max-size-kb": _or_unlimited(kib), **_other_limits(quota)}


def rounded(quota: Quota) -> Quota:
    """What a bucket's quota reads as once it is stored."""
    size = None if quota.max_bytes is None else ceil_div(quota.max_bytes, KIB) * KIB
    return Quota(max_bytes=size, max_objects=quota.max_objects, enabled=quota.enabled)


def _other_limits(quota: Quota) -> dict[str, str | int]:
    return {
        "max-objects": _or_unlimited(quota.max_objects),
        "enabled": "true" if quota.enabled else "false",
    }


def _or_unlimited(limit: int | None) -> int:
    return -1 if limit is None else int(limit)


# Buckets and usage


@_checked
def bucket_record(row: Row, now: datetime) -> Bucket:
    """Without versioning, object lock and tags, which only S3 tells."""
    placement, _, storage_class = _text(row["placement_rule"]).partition("/")
    return Bucket(
        name=_text(row["bucket"]),
        namespace=bucket_tenant(row) or None,
        owner=split_uid(owner_uid(row))[1],
        created=_time(row.get("creation_time")),
        placement=placement or None,
        storage_class=(storage_class or _STANDARD) if placement else None,
        quota=quota_record(row["bucket_quota"]),
        usage=usage_record([row], now),
    )


def differing_bucket(bucket: Bucket, fields: BucketCreate) -> list[str]:
    """Which of the asked settings an existing bucket does not have."""
    wanted: dict[str, object] = {**fields}
    if "quota" in fields:
        wanted["quota"] = rounded(fields["quota"])
    return [name for name, value in wanted.items() if not _fits(getattr(bucket, name), value)]


def _fits(found: object, wanted: object) -> bool:
    """Not to have a feature is the same as RGW's not knowing it."""
    return found == wanted or (found is None and wanted is False)


@_checked
def usage_record(buckets: Iterable[Row], now: datetime) -> Usage:
    """The sum over ``buckets``; null as soon as one of them cannot be measured."""
    size = objects = 0
    for row in buckets:
        counted = _counted(row)
        if counted is None:
            return Usage(
                used_bytes=None, used_objects=None, measured_at=None,
                source="bucket-stats", stale=True,
            )  # fmt: skip
        size += counted[0]
        objects += counted[1]
    return Usage(used_bytes=size, used_objects=objects, measured_at=now, source="bucket-stats")


@_checked
def open_uploads(row: Row) -> int:
    """Multipart uploads that were begun and neither completed nor aborted."""
    return _whole(row["usage"].get("rgw.multimeta", {}).get("num_objects", 0))


def has_index(row: Row) -> bool:
    """RGW counts nothing in an indexless bucket, and would delete a full one as an empty one."""
    return bool(row.get("index_type", "Normal") == "Normal")


def _counted(row: Row) -> tuple[int, int] | None:
    """(bytes, objects), or ``None`` when RGW does not know."""
    if not has_index(row):
        return None
    usage = row["usage"]
    if "rgw.main" not in usage:
        return 0, 0  # RGW leaves the section out for a bucket in which nothing was ever stored
    main = usage["rgw.main"]
    size, objects = _whole(main["size"]), _whole(main["num_objects"])
    # A counter that has run below zero shows as an absurdly large unsigned number.
    return (size, objects) if 0 <= size <= MAX_BYTES and 0 <= objects <= MAX_BYTES else None


# Small readers


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _time(value: Any) -> datetime | None:
    """RGW writes UTC; ``0.000000`` and nothing at all stand for "never recorded"."""
    if not isinstance(value, str) or not value[:1].isdigit() or value.startswith("0"):
        return None
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
