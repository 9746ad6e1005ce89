"""Records as croit shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from tests.simulators.croit.access import Token
from tests.simulators.croit.clock import iso
from tests.simulators.croit.records import (
    Bucket,
    Grant,
    Json,
    Key,
    Placement,
    Quota,
    StoredObject,
    Traffic,
    Upload,
    Usage,
    User,
)

_ZONE = "default"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def user(row: User) -> Json:
    subusers = subuser_list(row)
    return {
        "uid": row.uid,
        "name": row.name,
        "email": row.email,
        "suspended": row.suspended,
        "subusers": subusers,
        "bucketQuota": quota(row.bucket_quota),
        "userQuota": quota(row.user_quota),
        "defaultPlacement": row.default_placement,
        "defaultStorageClass": row.default_storage_class,
        "subusersFormatted": ", ".join(sub["id"] for sub in subusers),
    }


def subuser_list(row: User) -> list[Json]:
    return [
        {"id": f"{row.uid}:{name}", "permissions": permissions}
        for name, permissions in row.subusers.items()
    ]


def key(row: Key) -> Json:
    return asdict(row)


def quota(row: Quota) -> Json:
    return {
        "enabled": row.enabled,
        "maxSize": row.max_size,
        "maxObjects": row.max_objects,
        "max_size_kb": row.max_size if row.max_size < 0 else row.max_size // 1024,
        "max_objects": row.max_objects,
        "maxSizeFormatted": "unlimited" if row.max_size < 0 else _size(row.max_size),
        "maxObjectsFormatted": "unlimited" if row.max_objects < 0 else str(row.max_objects),
    }


def _size(size: float) -> str:
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.4g} {unit}"


def bucket(row: Bucket, unmeasured: Collection[str] = ()) -> Json:
    """[P] ``usageSum`` is null without statistics."""
    known = None if row.usage is None or row.name in unmeasured else usage(row.usage)
    return {
        "bucket": row.name,
        "id": row.id,
        "owner": row.owner,
        "tenant": row.tenant,
        "placement_rule": row.placement_rule,
        "zonegroup": "default",
        "mtime": row.mtime,
        "bucket_quota": quota(row.quota),
        "usage": {} if known is None else {_ZONE: known},
        "usageSum": known,
    }


def usage(row: Usage) -> Json:
    """[O] Counts of objects are floating-point."""
    kib, actual = -(-row.size // 1024), -(-row.size_actual // 1024)
    return {
        "size": row.size,
        "sizeKiB": kib,
        "sizeKiBActual": actual,
        "numObjects": float(row.num_objects),
        "size_kb": kib,
        "size_kb_actual": actual,
        "num_objects": float(row.num_objects),
    }


def grant(row: Grant) -> Json:
    return {
        "grantee": row.grantee,
        "userId": row.user_id,
        "displayName": row.display_name,
        "permission": row.permission,
    }


def stored(row: StoredObject) -> Json:
    return {"key": row.key, "size": row.size, "lastModified": row.modified, "etag": row.etag}


def upload(row: Upload) -> Json:
    return {"key": row.key, "uploadId": row.upload_id, "initiated": row.initiated}


def placement(row: Placement, default: Placement) -> Json:
    return {
        "name": row.name,
        "storageClass": row.storage_class,
        "dataPool": row.data_pool,
        "indexPool": row.index_pool,
        "dataExtraPool": row.data_extra_pool,
        "isDefault": row == default,
    }


def traffic(rows: list[Traffic]) -> Json:
    found: dict[str, list[Json]] = {}
    for row in rows:
        found.setdefault(row.bucket, []).append(
            {
                "bucketName": row.bucket,
                "bucketOwner": row.owner,
                "time": iso(row.time),
                "bytesDownloaded": row.downloaded,
                "bytesUploaded": row.uploaded,
                "successfulOperations": row.successful,
                "failedOperations": row.failed,
                "metadataBytesDownloaded": 0,
            }
        )
    return {"buckets": found}


def api_token(row: Token) -> Json:
    return {"id": row.id, "name": row.name, "roles": list(row.roles), "expiry": expiry(row)}


def expiry(row: Token | None) -> Any:
    return None if row is None or row.expiry is None else iso(row.expiry)
