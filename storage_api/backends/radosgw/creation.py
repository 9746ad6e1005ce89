"""How a bucket comes into being: complete, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.base import RadosgwBase, existing, log
from storage_api.backends.radosgw.client import AMBIGUOUS, Json
from storage_api.backends.s3 import S3Bucket, S3Key
from storage_api.backends.s3_documents import tags_document, tags_record, versioning_record
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid, StorageError
from storage_api.domain.models import Bucket, Ref, Versioning
from storage_api.domain.requests import BucketCreate

_NOT_HERE = ("replication_group", "filesystem_enabled", "encryption_enabled")
_FROM_S3 = frozenset({"versioning", "object_lock", "tags"})


class BucketCreation(RadosgwBase):
    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        _check_settings(fields)
        uid = mapping.full_uid(self._tenant(bucket.namespace), fields["owner"])
        owner = self._future_owner(uid)
        path = self._path(bucket)
        found = self._admin.find_bucket(path)
        if found is not None and not fields.keys() & _FROM_S3:
            return self._matching_bucket(found, uid, fields, self._usable_key(owner)), False
        if found is not None:
            self._require_owner(found, uid)
        with self._owner_key(uid, owner) as key, self._changing_bucket(path):
            found = self._admin.find_bucket(path)
            if found is not None:
                return self._matching_bucket(found, uid, fields, key), False
            _require_room(uid, owner)
            return self._make_bucket(bucket, uid, fields, key), True

    def _future_owner(self, uid: str) -> Json:
        owner = self._admin.find_user(uid)
        if owner is None:
            raise Invalid(f"There is no user {uid!r} who could own the bucket.")
        self._require_ours(uid, owner)
        if mapping.is_suspended(owner):
            raise Conflict(f"User {uid!r} is suspended and can own no new bucket.")
        return owner

    def _require_owner(self, found: Json, uid: str) -> None:
        if mapping.owner_uid(found) != uid:
            raise AlreadyExists("The bucket exists and belongs to another user.")

    def _matching_bucket(
        self, found: Json, uid: str, fields: BucketCreate, key: S3Key | None
    ) -> Bucket:
        """The bucket that is there, if it is what ``fields`` ask for."""
        self._require_owner(found, uid)
        record = mapping.bucket_record(found, datetime.now(UTC))
        if key is not None:
            record = replace(record, **told_if_allowed(self._s3.bucket(key, record.name)))
        differing = mapping.differing_bucket(record, fields)
        if differing:
            raise AlreadyExists(f"The bucket exists with another {', '.join(differing)}.")
        return record

    def _make_bucket(self, bucket: Ref, uid: str, fields: BucketCreate, key: S3Key) -> Bucket:
        path = self._path(bucket)
        seen = self._s3.bucket(key, bucket.name)
        try:
            self._begin(path, seen, fields)
            found = existing(self._admin.find_bucket(path))
            self._require_owner(found, uid)
            self._require_placement(found, fields)
            self._finish(bucket.name, uid, seen, fields)
            made = mapping.bucket_record(existing(self._admin.find_bucket(path)), datetime.now(UTC))
            return replace(made, **told_by_s3(seen))
        except BaseException:
            self._undo_bucket(path, uid)
            raise

    def _begin(self, path: str, seen: S3Bucket, fields: BucketCreate) -> None:
        placement = fields.get("placement")
        try:
            seen.create(
                location=f":{placement}" if placement else None,
                storage_class=fields.get("storage_class"),
                object_lock=bool(fields.get("object_lock")),
            )
        except AMBIGUOUS as error:
            with self._extra_time():
                made = self._admin.find_bucket(path)
            if made is None:
                raise error from None

    def _require_placement(self, found: Json, fields: BucketCreate) -> None:
        record = mapping.bucket_record(found, datetime.now(UTC))
        for name in ("placement", "storage_class"):
            if name in fields and fields[name] != getattr(record, name):
                raise Invalid(f"RadosGW does not honour this {name}.")

    def _finish(self, name: str, uid: str, seen: S3Bucket, fields: BucketCreate) -> None:
        wanted = fields.get("versioning", Versioning.OFF)
        if wanted is not Versioning.OFF and versioning_record(seen.versioning()) is not wanted:
            seen.set_versioning(wanted.capitalize())
        if fields.get("tags"):
            seen.set_tags(tags_document(fields["tags"]))
        if "quota" in fields:
            self._admin.set_bucket_quota(uid, name, limits.bucket_limits(fields["quota"]))

    def _undo_bucket(self, path: str, uid: str) -> None:
        """Of two makers in two places S3 let only one win; the loser must not undo the winner's."""
        try:
            with self._extra_time():
                found = self._admin.find_bucket(path)
                if found is not None and mapping.owner_uid(found) == uid:
                    self._admin.delete_bucket(path)
        except StorageError as error:
            log.warning("half-made-bucket-left-over", bucket=path, reason=str(error))


def _check_settings(fields: BucketCreate) -> None:
    foreign = [name for name in _NOT_HERE if fields.get(name)]
    if foreign:
        raise Invalid(f"RadosGW cannot honour {', '.join(foreign)} of a bucket.")
    if fields.get("object_lock") and fields.get("versioning", Versioning.ENABLED) is not (
        Versioning.ENABLED
    ):
        raise Invalid("A bucket with object lock is always versioned.")
    if "quota" in fields:
        limits.check_quota(fields["quota"])
        limits.bucket_limits(fields["quota"])


def _require_room(uid: str, owner: Json) -> None:
    if mapping.user_record(owner).max_buckets == 0:
        raise Conflict(f"User {uid!r} may own no bucket.")


def told_if_allowed(seen: S3Bucket) -> dict[str, Any]:
    """Nothing if the bucket's own policy hides these fields from its owner."""
    try:
        return told_by_s3(seen)
    except Conflict:
        return {}


def told_by_s3(seen: S3Bucket) -> dict[str, Any]:
    """The fields of a bucket that Admin Ops does not know."""
    return {
        "versioning": versioning_record(seen.versioning()),
        "object_lock": seen.object_lock(),
        "tags": tags_record(seen.tags()),
    }
