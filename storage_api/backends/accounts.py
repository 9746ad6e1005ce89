"""Accounts: users that are made for one resource of a portal.

What every object store with users shares: the name that is derived from an organization,
a project and a resource, the stamp that tells for whom a user was made, the limits, and
what a portal is shown. Nothing here talks to anybody.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from storage_api.backends.account_names import Naming, derived_name, digits
from storage_api.backends.options import bounded
from storage_api.domain.errors import Conflict, Invalid
from storage_api.domain.models import (
    AccountMetadata,
    Bucket,
    BucketSummary,
    Connection,
    Quota,
    QuotaSummary,
    StorageSummary,
    User,
)
from storage_api.domain.requests import AccountCreate
from storage_api.domain.units import MAX_BYTES

_PARTS = ("organization", "project", "resource_uuid")
_STAMP = re.compile(r"storage-api-(?:uid|[0-9a-f]{32})-[0-9a-f]{32}@invalid")
_LARGEST_DEFAULT = MAX_BYTES - 1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AccountOptions:
    """The options of every back-end that makes accounts.

    The limits, in bytes and objects, are those of accounts whose request names none;
    ``None`` is unlimited. With ``expose_credentials`` an account's metadata carry its key.
    """

    slug_separator: str = "_"
    max_username_length: int = bounded(64, minimum=12, maximum=128)
    default_storage_limit: int | None = bounded(None, minimum=1, maximum=_LARGEST_DEFAULT)
    default_object_limit: int | None = bounded(None, minimum=1, maximum=_LARGEST_DEFAULT)
    allow_purge: bool = False
    expose_credentials: bool = False

    def naming(self, prefix: str) -> Naming:
        """Raises ``ValueError`` where the options leave no room for a name."""
        return Naming(prefix, self.slug_separator, self.max_username_length)


# Names and stamps


def account_name(fields: AccountCreate, naming: Naming) -> str:
    """The user's name: as given, or derived.

    Raises:
        Invalid: neither ``uid`` nor all of the three others are given, or both are; or no
            name can be made of them.
    """
    given = [name for name in _PARTS if name in fields]
    if "uid" in fields:
        if given:
            raise Invalid(f"'uid' is given, so {', '.join(map(repr, given))} must not be.")
        return fields["uid"]
    if len(given) < len(_PARTS):
        missing = [repr(name) for name in _PARTS if name not in given]
        raise Invalid(
            f"Give 'uid', or all of {', '.join(map(repr, _PARTS))}; "
            f"{', '.join(missing)} is missing."
        )
    return derived_name(naming, fields["organization"], fields["project"], fields["resource_uuid"])


def stamp_of(fields: AccountCreate, user_id: str) -> str:
    """The e-mail address that tells for whom the user was made.

    It holds every digit of the resource's UUID, of which the user's name has only the first
    eight. ``user_id`` is the back-end's full identifier: an address is unique in a whole
    cluster, and kept in lower case.
    """
    made_for = digits(fields["resource_uuid"]) if "resource_uuid" in fields else "uid"
    whose = hashlib.sha256(user_id.encode()).hexdigest()[:32]
    return f"storage-api-{made_for}-{whose}@invalid"


def is_stamp(email: str | None) -> bool:
    return email is not None and _STAMP.fullmatch(email.lower()) is not None


def shows_key(user: User, options: AccountOptions, prefix: str) -> bool:
    """Whether metadata tell the user's key: only of an account that this back-end could make."""
    ours = user.name.startswith(prefix) and is_stamp(user.email)
    return options.expose_credentials and ours


def check_email(former: str | None, wanted: str | None) -> None:
    """Nobody takes a stamp away, or makes a user look as if he were an account.

    Raises:
        Conflict: the user is an account.
        Invalid: the address looks like a stamp.
    """
    if former == wanted:
        return
    if is_stamp(former):
        raise Conflict("The user is an account, whose e-mail address tells for whom it was made.")
    if is_stamp(wanted):
        raise Invalid("Such e-mail addresses are given to accounts only.")


# Limits


def account_quota(user_id: str, fields: AccountCreate, options: AccountOptions) -> Quota:
    """The limits over all buckets together; a missing one is said aloud in the log."""
    quota = Quota(
        max_bytes=fields.get("storage_limit", options.default_storage_limit),
        max_objects=fields.get("object_limit", options.default_object_limit),
    )
    if quota.max_bytes is None:
        log.warning("account-without-storage-limit", user=user_id, object_limit=quota.max_objects)
    limited = quota.max_bytes is not None or quota.max_objects is not None
    return quota if limited else Quota(enabled=False)


# Metadata


def account_metadata(
    user: User, buckets: Iterable[Bucket], connection: Connection
) -> AccountMetadata:
    """What a portal shows. A sum over buckets of which one is not measured is null."""
    summaries = [_summary(bucket) for bucket in sorted(buckets, key=lambda found: found.name)]
    used_bytes = _sum(summary.used_bytes for summary in summaries)
    used_objects = _sum(summary.used_objects for summary in summaries)
    quota = user.quota if user.quota is not None and user.quota.enabled else Quota()
    return AccountMetadata(
        user=user,
        connection=connection,
        storage=StorageSummary(
            bucket_count=len(summaries),
            used_bytes=used_bytes,
            used_objects=used_objects,
            unmeasured_buckets=sum(
                summary.used_bytes is None or summary.used_objects is None for summary in summaries
            ),
            buckets=summaries,
        ),
        quotas=QuotaSummary(
            user=user.quota,
            bucket=user.bucket_quota,
            bytes_used_percent=_percent(used_bytes, quota.max_bytes),
            objects_used_percent=_percent(used_objects, quota.max_objects),
        ),
    )


def _summary(bucket: Bucket) -> BucketSummary:
    usage = bucket.usage
    return BucketSummary(
        name=bucket.name,
        used_bytes=usage.used_bytes if usage else None,
        used_objects=usage.used_objects if usage else None,
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total


def _percent(used: int | None, limit: int | None) -> float | None:
    """Where nothing may be written, all is used."""
    if used is None or limit is None:
        return None
    return round(100 * used / limit, 2) if limit else 100.0
