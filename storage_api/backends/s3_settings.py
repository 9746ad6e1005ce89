"""A bucket's settings through S3: what it has, what it is to have, and what goes with what.

Shared by the back-ends whose administration API leaves these to S3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_documents import (
    check_tags,
    tags_document,
    tags_record,
    versioning_record,
)
from storage_api.backends.s3_policy import policy_record, policy_text
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, StorageError
from storage_api.domain.models import Versioning
from storage_api.domain.requests import BucketCreate, BucketPatch

_NOT_HERE = (
    *("replication_group", "filesystem_enabled", "encryption_enabled", "locked"),
    "retention_seconds",
)

log = structlog.get_logger(__name__)


def told_by_s3(seen: S3Bucket) -> dict[str, Any]:
    """The fields of a bucket that its administration API does not know."""
    return {
        "versioning": versioning_record(seen.versioning()),
        "object_lock": seen.object_lock(),
        "tags": tags_record(seen.tags()),
    }


def told_if_allowed(seen: S3Bucket) -> dict[str, Any]:
    """Nothing if the bucket's own policy hides these fields from its owner."""
    try:
        return told_by_s3(seen)
    except Conflict:
        return {}


def check_new_bucket(fields: BucketCreate) -> None:
    """Raises ``Invalid`` for what Ceph's gateway cannot honour; the quota is not looked at."""
    _refuse_foreign(fields)
    if fields.get("object_lock") and fields.get("versioning", Versioning.ENABLED) is not (
        Versioning.ENABLED
    ):
        raise Invalid("A bucket with object lock is always versioned.")
    check_tags(fields.get("tags", {}))


def check_bucket_changes(changes: BucketPatch) -> None:
    """Raises ``Invalid`` for what Ceph's gateway cannot honour."""
    _refuse_foreign(changes)
    check_tags(changes.get("tags", {}))


def _refuse_foreign(fields: BucketCreate | BucketPatch) -> None:
    foreign = [name for name in _NOT_HERE if fields.get(name)]
    if foreign:
        raise Invalid(f"Ceph's gateway cannot honour {', '.join(foreign)} of a bucket.")


def set_on(seen: S3Bucket, changes: BucketPatch) -> None:
    """Raises ``Invalid`` or ``Conflict`` before anything is changed."""
    wanted = changes.get("versioning")
    if wanted is not None:
        current = versioning_record(seen.versioning())
        if wanted is Versioning.OFF and current is not Versioning.OFF:
            raise Invalid("Versioning cannot be turned off again, only suspended.")
        if wanted is Versioning.SUSPENDED and seen.object_lock():
            raise Conflict("A bucket with object lock cannot suspend versioning.")
    if "tags" in changes:
        seen.set_tags(tags_document(changes["tags"]))
    if wanted is not None and wanted is not current:
        seen.set_versioning(wanted.capitalize())


def require_open_to(seen: S3Bucket, *, tenant: str, heir: str) -> None:
    """A policy set for the former owner may lock out the next one for ever.

    Raises:
        Conflict: this bucket's policy would.
    """
    text = seen.policy()
    if text is None:
        return
    try:
        policy_text(policy_record(text), tenant=tenant, owner=heir)
    except Invalid as reason:
        raise Conflict(f"The bucket's policy does not suit its new owner. {reason}") from reason


@contextmanager
def what_is_there_stays(path: str) -> Iterator[None]:
    """Never undoes: RGW answers 200 to every maker of one owner, so nothing proves whose it is.

    Deleting it could take what another replica, or the owner himself, has just made.
    """
    try:
        yield
    except AlreadyExists:
        raise
    except StorageError as error:
        log.warning("half-made-bucket", bucket=path, reason=str(error))
        there = "The bucket is there, perhaps without its settings; the same request finishes it."
        error.args = (f"{error} {there}",)
        raise
