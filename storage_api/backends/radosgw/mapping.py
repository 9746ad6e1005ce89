"""RGW's users, keys and buckets to our records and back. Pure functions.

A row that lacks what every RGW sends raises ``BackendMisbehaved`` instead of reading
as zero, empty or absent. Quotas and usage are in ``limits.py``.
"""

from collections.abc import Iterable
from datetime import datetime

from storage_api.backends.access_keys import is_temporary
from storage_api.backends.radosgw.limits import quota_record, usage_record
from storage_api.backends.rgw_names import full_uid, split_uid
from storage_api.backends.rows import Row, checked, moment, text, whole
from storage_api.domain.models import Bucket, Key, NewKey, User
from storage_api.domain.requests import UserCreate, UserPatch

_STANDARD = "STANDARD"
#: RGW's user row says 0 for "no limit" and a negative number for "no bucket at all".
_UNLIMITED_BUCKETS, _NO_BUCKETS = 0, -1


# Names


def path_tenant(path: str) -> str:
    return path.rpartition("/")[0]


@checked
def owner_uid(bucket: Row) -> str:
    return text(bucket["owner"])


@checked
def bucket_name(bucket: Row) -> str:
    return text(bucket["bucket"])


@checked
def bucket_id(bucket: Row) -> str:
    return text(bucket["id"])


@checked
def bucket_tenant(bucket: Row) -> str:
    return text(bucket.get("tenant", ""))


# Users and keys


@checked
def user_record(row: Row) -> User:
    tenant, name = text(row.get("tenant", "")), text(row["user_id"])
    limit = whole(row["max_buckets"])
    return User(
        name=name,
        namespace=tenant or None,
        id=full_uid(tenant, name),
        display_name=text(row["display_name"]) or None,
        email=text(row.get("email", "")) or None,
        suspended=is_suspended(row),
        max_buckets=None if limit == _UNLIMITED_BUCKETS else max(limit, 0),
        key_ids=[key["access_key"] for key in own_keys(row)],
        quota=quota_record(row["user_quota"]),
        bucket_quota=quota_record(row["bucket_quota"]),
    )


def listed_user(uid: str) -> User:
    tenant, name = split_uid(uid)
    return User(name=name, namespace=tenant or None, id=uid)


@checked
def is_suspended(row: Row) -> bool:
    return bool(whole(row["suspended"]))


@checked
def is_administrator(row: Row, our_access_key: str) -> bool:
    """Anybody with rights beyond his own data, and whoever we are ourselves."""
    return (
        bool(row["caps"])
        or any(str(row.get(flag, "false")).lower() != "false" for flag in ("system", "admin"))
        or any(key.get("access_key") == our_access_key for key in row["keys"])
    )


@checked
def capabilities(row: Row) -> dict[str, str]:
    """Type to permission, as in ``{"users": "*"}``."""
    return {cap["type"]: cap["perm"] for cap in row["caps"]}


def own_keys(row: Row) -> list[Row]:
    """Those that the user knows of: none of ours for the time being."""
    return [key for key in all_keys(row) if not is_temporary(key["access_key"])]


@checked
def all_keys(row: Row) -> list[Row]:
    """Without the sub-users' keys, which RGW keeps in the same array."""
    uid = full_uid(text(row.get("tenant", "")), text(row["user_id"]))
    keys = [key for key in row["keys"] if key["user"] == uid]
    for key in keys:
        text(key["access_key"])
    return keys


def is_active(key: Row) -> bool:
    """Releases before Squid cannot switch a key off and have no such field."""
    return key.get("active") is not False


@checked
def key_record(key: Row, *, suspended: bool) -> Key:
    return Key(
        access_key=key["access_key"],
        active=is_active(key) and not suspended,
        created=moment(key.get("create_date")),
    )


@checked
def new_key(rows: Iterable[Row], access_key: str, *, suspended: bool) -> NewKey:
    row = next(row for row in rows if row["access_key"] == access_key)
    made = key_record(row, suspended=suspended)
    return NewKey(
        access_key=access_key,
        active=made.active,
        created=made.created,
        secret_key=row["secret_key"].reveal(),
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


def differing(user: User, fields: UserCreate) -> list[str]:
    """Which of the asked settings an existing user does not have."""
    wanted: dict[str, object] = {**fields}
    email = fields.get("email")
    if email:  # RGW keeps addresses in lower case
        wanted["email"] = email.lower()
    return [name for name, value in wanted.items() if getattr(user, name) != value]


# Buckets


@checked
def bucket_record(row: Row, now: datetime) -> Bucket:
    """Without versioning, object lock and tags, which only S3 tells."""
    placement, _, storage_class = text(row["placement_rule"]).partition("/")
    return Bucket(
        name=text(row["bucket"]),
        namespace=bucket_tenant(row) or None,
        owner=split_uid(owner_uid(row))[1],
        created=moment(row.get("creation_time")),
        placement=placement or None,
        storage_class=(storage_class or _STANDARD) if placement else None,
        quota=quota_record(row["bucket_quota"]),
        usage=usage_record([row], now),
    )
