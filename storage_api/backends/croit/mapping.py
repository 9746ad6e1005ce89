"""croit's users, keys and buckets to our records and back. Pure functions.

A row that lacks what croit always sends raises ``BackendMisbehaved`` instead of reading
as zero, empty or absent. Quotas and usage are in ``limits.py``.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from storage_api.backends.access_keys import is_temporary
from storage_api.backends.croit.limits import bucket_quota, quota_record, usage_record
from storage_api.backends.rgw_names import check_text, split_uid
from storage_api.backends.rgw_rules import in_whole_kib
from storage_api.backends.rows import Row, checked, text
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Bucket, Key, Quota, User
from storage_api.domain.requests import UserCreate, UserPatch
from storage_api.domain.secrets import Secret

_STANDARD = "STANDARD"
#: The display name of a user until the request that makes him has done all its steps: only then
#: has the key gone that croit makes on its own.
_UNFINISHED = "storage-api: unfinished"


@checked
def bucket_owner(bucket: Row) -> str:
    return text(bucket["owner"])


@checked
def bucket_name(bucket: Row) -> str:
    return text(bucket["bucket"])


@checked
def bucket_id(bucket: Row) -> str:
    return text(bucket["id"])


@checked
def bucket_tenant(bucket: Row) -> str:
    return text(bucket.get("tenant") or "")


# Users and keys


@checked
def user_id(row: Row) -> str:
    return text(row["uid"])


@checked
def user_record(row: Row, keys: Sequence[Row] | None = None) -> User:
    """Croit does not know ``max_buckets``; without ``keys`` nobody knows ``key_ids``."""
    uid = user_id(row)
    tenant, name = split_uid(uid)
    return User(
        name=name,
        namespace=tenant or None,
        id=uid,
        display_name=text(row["name"]) or None,
        email=text(row.get("email") or "") or None,
        suspended=is_suspended(row),
        key_ids=None if keys is None else [access_key(key) for key in own_keys(uid, keys)],
        quota=quota_record(row["userQuota"]),
        bucket_quota=quota_record(row["bucketQuota"]),
    )


@checked
def user_quota(row: Row) -> Quota:
    return quota_record(row["userQuota"])


@checked
def default_placement(row: Row) -> str | None:
    """Of the buckets that the user makes; ``None`` for the cluster's own default."""
    return text(row.get("defaultPlacement") or "").partition("/")[0] or None


@checked
def is_suspended(row: Row) -> bool:
    found = row["suspended"]
    if not isinstance(found, bool):
        raise TypeError("not a truth")
    return found


@checked
def is_unfinished(row: Row) -> bool:
    return text(row["name"]) == _UNFINISHED


def check_display_name(shown: str | None) -> None:
    """Nobody makes a user who is in use look unfinished: a repeat would end his keys."""
    if shown is None:
        return
    check_text("display_name", shown)
    if shown == _UNFINISHED:
        raise Invalid("That display_name is given to unfinished users only.")


@checked
def access_key(key: Row) -> str:
    return text(key["access_key"])


@checked
def secret_key(key: Row) -> Secret:
    found = key["secret_key"]
    if not isinstance(found, Secret):
        raise TypeError("no secret")
    return found


def own_keys(uid: str, keys: Iterable[Row]) -> list[Row]:
    """Those that the user knows of: none of ours for the time being."""
    return [key for key in all_keys(uid, keys) if not is_temporary(access_key(key))]


@checked
def all_keys(uid: str, keys: Iterable[Row]) -> list[Row]:
    """Without the sub-users' keys, whose ``user`` is ``uid:subuser``, and empty rows."""
    names = {uid, split_uid(uid)[1]}
    found = [key for key in keys if text(key["user"]) in names and key["access_key"] is not None]
    for key in found:
        text(key["access_key"])
    return found


def key_records(uid: str, keys: Iterable[Row], *, suspended: bool) -> list[Key]:
    return [Key(access_key=access_key(key), active=not suspended) for key in own_keys(uid, keys)]


def new_user_fields(uid: str, email: str | None, defaults: Row) -> dict[str, Any]:
    """The body that makes a user who is not finished yet."""
    tenant, name = split_uid(uid)
    wanted: dict[str, Any] = {"uid": name, "name": _UNFINISHED, **defaults}
    if tenant:
        wanted["tenant"] = tenant
    if email:
        wanted["email"] = email
    return wanted


def user_fields(fields: UserPatch) -> dict[str, Any]:
    """The body of a change; what is left out stays as it is, an empty address is none."""
    wanted: dict[str, Any] = {}
    if "display_name" in fields:
        wanted["name"] = fields["display_name"]
    if "email" in fields:
        wanted["email"] = fields["email"] or ""
    if "suspended" in fields:
        wanted["suspended"] = fields["suspended"]
    return wanted


@checked
def has_fields(row: Row, wanted: Row) -> bool:
    """Whether the body ``wanted`` of a change would change nothing."""
    email = {"email": wanted["email"].lower()} if "email" in wanted else {}
    return all((row[name] or "") == (value or "") for name, value in {**wanted, **email}.items())


def differing(user: User, fields: UserCreate) -> list[str]:
    """Which of the asked settings an existing user does not have."""
    wanted: dict[str, object] = {**fields}
    email = fields.get("email")
    if email:  # the gateway keeps addresses in lower case
        wanted["email"] = email.lower()
    for name in ("quota", "bucket_quota"):
        quota = wanted.get(name)
        if isinstance(quota, Quota):
            wanted[name] = in_whole_kib(quota)
    return [name for name, value in wanted.items() if getattr(user, name) != value]


# Buckets


@checked
def bucket_record(row: Row, now: datetime) -> Bucket:
    """Without versioning, object lock, tags and date of birth, which only S3 tells."""
    placement, _, storage_class = text(row["placement_rule"]).partition("/")
    return Bucket(
        name=bucket_name(row),
        namespace=bucket_tenant(row) or None,
        owner=split_uid(bucket_owner(row))[1],
        placement=placement or None,
        storage_class=(storage_class or _STANDARD) if placement else None,
        quota=bucket_quota(row),
        usage=usage_record([row], now),
    )


@checked
def storage_classes(placements: Iterable[Row]) -> dict[str, set[str]]:
    """The storage classes of each placement."""
    found: dict[str, set[str]] = {}
    for row in placements:
        found.setdefault(text(row["name"]), set()).add(text(row["storageClass"]))
    return found
