"""ECS's buckets to our records and back. Pure functions.

ECS writes the same facts in snake case where it shows a bucket and in camel case where one is made.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.ecs import mapping_quotas
from storage_api.backends.ecs.reading import checked, moment, rows, text, truth, whole
from storage_api.backends.ecs.wire import Json
from storage_api.backends.s3_documents import check_tags, tags_document, versioning_record
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Acl, Bucket, Grant, GranteeKind, Versioning
from storage_api.domain.requests import BucketCreate, BucketPatch

_NOT_HERE = ("placement", "storage_class")
_FOREVER = -1
_GRANTEES = (
    ("user_acl", "user", GranteeKind.USER),
    ("group_acl", "group", GranteeKind.GROUP),
    ("customgroup_acl", "customgroup", GranteeKind.CUSTOM_GROUP),
)


def bucket_record(row: Json, replication_group: str | None) -> Bucket:
    """``versioning`` is null where the release tells it in a call of its own."""
    namespace, name = identity(row)
    return Bucket(
        name=name,
        namespace=namespace,
        owner=text(row.get("owner")),
        created=moment(row.get("created")),
        versioning=versioning_record(text(row["versioning_status"]))
        if "versioning_status" in row
        else None,
        object_lock=truth(row.get("is_object_lock_enabled")),
        replication_group=replication_group,
        filesystem_enabled=truth(row.get("fs_access_enabled")),
        encryption_enabled=truth(row.get("is_encryption_enabled")),
        locked=truth(row.get("locked")),
        retention_seconds=_retention(row),
        quota=mapping_quotas.quota_record(row) if mapping_quotas.tells_quota(row) else None,
        tags=bucket_tags(row),
    )


@checked
def identity(row: Json) -> tuple[str, str]:
    """The namespace and the name."""
    return str(row["namespace"]), str(row["name"])


def bucket_tags(row: Json) -> dict[str, str]:
    found = rows(row.get("TagSet", row.get("tags")))
    return {key: text(tag.get("Value")) or "" for tag in found if (key := text(tag.get("Key")))}


def is_being_emptied(row: Json) -> bool:
    return bool(truth(row.get("is_empty_bucket_in_progress")))


def checked_fields(bucket: str, fields: BucketCreate) -> BucketCreate:
    """What is asked for, with what that implies; raises ``Invalid`` for what ECS cannot do."""
    foreign = [name for name in _NOT_HERE if fields.get(name) is not None]
    if foreign:
        raise Invalid(f"ECS cannot honour {', '.join(foreign)} of a bucket.")
    if "." in bucket:
        raise Invalid("A new bucket's name must hold no dot: TLS would not know its host name.")
    check_tags(fields.get("tags", {}))
    _check_retention(fields)
    if "quota" in fields:
        mapping_quotas.check_quota(fields["quota"])
    if not fields.get("object_lock"):
        return fields
    if fields.get("versioning", Versioning.ENABLED) is not Versioning.ENABLED:
        raise Invalid("A bucket with object lock is always versioned.")
    return {**fields, "versioning": Versioning.ENABLED}


def check_changes(found: Bucket, changes: BucketPatch) -> None:
    """Raises ``Invalid`` for what ECS cannot do, before anything is changed."""
    check_tags(changes.get("tags", {}))
    _check_retention(changes)
    wanted = changes.get("versioning", found.versioning)
    if wanted is Versioning.OFF and found.versioning is not Versioning.OFF:
        raise Invalid("Versioning cannot be switched off again, only suspended.")


def check_namespace(namespace: Json, fields: BucketCreate) -> None:
    """Raises ``Invalid`` for what the namespace's own settings forbid."""
    if truth(namespace.get("is_compliance_enabled")) and not fields.get("retention_seconds"):
        raise Invalid("The namespace is compliant, so each bucket needs retention_seconds.")
    if truth(namespace.get("is_encryption_enabled")) and fields.get("encryption_enabled") is False:
        raise Invalid("The namespace encrypts all of its buckets.")


def create_body(namespace: str, bucket: str, group: str | None, fields: BucketCreate) -> Json:
    """Only what is asked for: older releases refuse a whole request for one key unknown to them."""
    body: Json = {
        "name": bucket,
        "namespace": namespace,
        "owner": fields["owner"],
        "head_type": "s3",
    }
    if group is not None:
        body["vpool"] = group
    for ours, theirs in _FLAGS.items():
        if fields.get(ours):
            body[theirs] = True
    if fields.get("retention_seconds"):
        body["retention"] = fields["retention_seconds"]
    if fields.get("versioning", Versioning.OFF) is not Versioning.OFF:
        body["versioning_status"] = fields["versioning"].capitalize()
    if fields.get("tags"):
        body["TagSet"] = tags_document(fields["tags"])
    if "quota" in fields and mapping_quotas.is_limited(fields["quota"]):
        body |= mapping_quotas.quota_body(fields["quota"])
    return body


def differing(found: Bucket, fields: BucketCreate | BucketPatch) -> list[str]:
    """Which of the asked settings a bucket does not have."""
    wanted: dict[str, Any] = {**fields}
    if "quota" in wanted:
        wanted["quota"] = mapping_quotas.rounded(wanted["quota"])
    return [name for name, value in wanted.items() if not _fits(getattr(found, name), value)]


def acl_record(document: Json) -> Acl:
    acl = rows(document.get("acl"))
    found = acl[0] if acl else {}
    return Acl(
        owner=text(found.get("owner")),
        default_group=text(found.get("default_group")),
        grants=[
            Grant(kind=kind, grantee=grantee, permissions=_permissions(row))
            for key, name, kind in _GRANTEES
            for row in rows(found.get(key))
            if (grantee := text(row.get(name)))
        ],
    )


def tag_changes(found: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[Json, Json, Json]:
    """The bodies that remove, rewrite and add tags; empty where there is nothing to do."""
    gone = {key: value for key, value in found.items() if key not in wanted}
    other = {key: wanted[key] for key in wanted.keys() & found.keys() if wanted[key] != found[key]}
    new = {key: value for key, value in wanted.items() if key not in found}
    removed, rewritten, added = ({"TagSet": tags_document(tags)} for tags in (gone, other, new))
    return removed, rewritten, added


def with_versioning(record: Bucket, document: Json) -> Bucket:
    return replace(record, versioning=versioning_record(text(document.get("Status"))))


_FLAGS = {
    "filesystem_enabled": "filesystem_enabled",
    "encryption_enabled": "is_encryption_enabled",
    "object_lock": "is_object_lock_enabled",
}


def _check_retention(fields: BucketCreate | BucketPatch) -> None:
    if fields.get("retention_seconds") == _FOREVER:
        raise Invalid("Retention for ever cannot be set here, for nobody could take it back.")


def _retention(row: Json) -> int | None:
    seconds = whole(row.get("retention"))
    return None if seconds is None else max(seconds, _FOREVER)


def _permissions(row: Json) -> list[str]:
    found = row.get("permission")
    return [str(item) for item in (found if isinstance(found, list) else [found]) if item]


def _fits(found: object, wanted: object) -> bool:
    """Not to have a feature is the same as ECS's not knowing it."""
    return found == wanted or (found is None and wanted in (False, 0))
