"""How buckets look: their info, also as items of lists, and the answer to their creation."""

from typing import Any

from tests.simulators.ecs.clock import iso_millis
from tests.simulators.ecs.records import Bucket
from tests.simulators.ecs.settings import Release

_NO_GOVERNOR = {
    "enforce_retention": False,
    "minimum_fixed_retention": 0,
    "maximum_fixed_retention": 0,
    "minimum_variable_retention": 0,
    "maximum_variable_retention": 0,
}
_DEFAULT_GROUP = {
    "default_group": "",
    **{
        f"default_group_{kind}_{verb}_permission": False
        for kind in ("file", "dir")
        for verb in ("read", "write", "execute")
    },
}


def info(bucket: Bucket, release: Release) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_identity(bucket, release),
        "namespace": bucket.namespace,
        "owner": bucket.owner,
        "created": iso_millis(bucket.made),
        "vpool": bucket.vpool,
        "locked": bucket.locked,
        "fs_access_enabled": bucket.filesystem,
        "is_stale_allowed": bucket.stale_allowed,
        "is_tso_read_only": bucket.tso_read_only,
        # Texts, unlike their neighbours.
        "is_encryption_enabled": "true" if bucket.encrypted else "false",
        "softquota": str(bucket.quota.notify),
        "retention": bucket.retention,
        "default_retention": bucket.retention,
        "block_size": bucket.quota.block,
        "notification_size": bucket.quota.notify,
        "api_type": bucket.api_type,
        "search_metadata": _search_metadata(bucket, release),
    }
    if release != "2.x":
        found |= {
            "blockSizeInCount": bucket.quota.block_count,
            "notificationSizeInCount": bucket.quota.notify_count,
            "is_empty_bucket_in_progress": bucket.read_only,
        }
    if release == "4.x":
        found |= _since_4(bucket)
    return found


def created(bucket: Bucket, release: Release, error: str) -> dict[str, Any]:
    """Also a success with an ``error_message``: then a part of it was not done."""
    found = {**_identity(bucket, release), "inactive": False}
    found["metaData"] = _search_metadata(bucket, "3.x")
    return {**found, "error_message": error} if error else found


def tags(bucket: Bucket) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in bucket.tags.items()]


def _identity(bucket: Bucket, release: Release) -> dict[str, Any]:
    return {
        "name": bucket.name,
        "id": f"{bucket.namespace}.{bucket.name}",
        "global": None,
        "remote": None,
        "vdc": None,
        "tags" if release == "2.x" else "TagSet": tags(bucket),
    }


def _search_metadata(bucket: Bucket, release: Release) -> dict[str, Any]:
    rows = bucket.search_metadata
    if release != "4.x":
        return {"search_enabled": bool(rows), "max_keys": len(rows), "metadata": rows}
    known = {"isEnabled": bool(rows), "maxKeys": len(rows), "metadata": rows}
    return {**known, "metadata_tokens": False}


def _since_4(bucket: Bucket) -> dict[str, Any]:
    return {
        "link": {"rel": "self", "href": f"/object/bucket/{bucket.name}"},
        "min_max_governor": {**_NO_GOVERNOR, **bucket.governor},
        "is_object_lock_enabled": bucket.object_lock,
        "is_object_lock_with_ado_allowed": bucket.object_lock_with_ado,
        "default_object_lock_retention_mode": "",
        "default_object_lock_retention_years": 0,
        "default_object_lock_retention_days": 0,
        "auto_commit_period": bucket.autocommit,
        **_DEFAULT_GROUP,
        **bucket.group,
        "audit_delete_expiration": bucket.audit_delete_expiration,
        "versioning_status": bucket.versioning,
        "enableAdvancedMetadataSearch": False,
        "advancedMetadataSearchTargetName": "",
        "advancedMetadataSearchTargetStream": "",
        "local_object_metadata_reads": False,
    }
