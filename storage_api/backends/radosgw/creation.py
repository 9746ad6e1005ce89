"""How a bucket comes into being: in steps, of which a repeated request does what is missing."""

from dataclasses import replace
from datetime import UTC, datetime

from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.base import RadosgwBase
from storage_api.backends.radosgw.client import AMBIGUOUS, Json
from storage_api.backends.rgw_names import RESERVED, bucket_path, full_uid, split_uid
from storage_api.backends.rgw_rules import differing_bucket
from storage_api.backends.rows import existing
from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_documents import tags_document
from storage_api.backends.s3_settings import (
    check_new_bucket,
    told_by_s3,
    told_if_allowed,
    what_is_there_stays,
)
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid
from storage_api.domain.models import Bucket, Quota, Ref, Versioning
from storage_api.domain.requests import BucketCreate
from storage_api.transport.context import extra_time

_NO_QUOTA = Quota(enabled=False)
#: What is set after a bucket was made, and how it is until then.
_LATER = {"versioning": Versioning.OFF, "tags": {}, "quota": _NO_QUOTA}


class BucketCreation(RadosgwBase):
    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        _check_settings(fields)
        uid = full_uid(self._tenant(bucket.namespace), fields["owner"])
        with self._keeping_owner(uid):
            return self._create_for(uid, bucket, fields)

    def _create_for(self, uid: str, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        owner = self._future_owner(uid)
        path = self._path(bucket)
        found = self._admin.find_bucket(path)
        if found is not None:
            self._require_owner(found, uid)
        with self._owner_key(uid, owner) as key, self._changing_bucket(path):
            seen = self._s3.bucket(key, bucket.name)
            found = self._admin.find_bucket(path)
            if found is not None:
                self._require_owner(found, uid)
                record = replace(_record(found), **told_if_allowed(seen))
                if not differing_bucket(record, fields):
                    return record, False
                return self._finished(found, record, fields, seen), False
            _require_room(uid, owner)
            self._begin(path, seen, fields)
            with what_is_there_stays(path):
                found = existing(self._admin.find_bucket(path))
                self._require_owner(found, uid)
                record = replace(_record(found), **told_by_s3(seen))
                return self._finished(found, record, fields, seen), True

    def _future_owner(self, uid: str) -> Json:
        reserved = split_uid(uid)[1] in RESERVED
        owner = None if reserved else self._admin.find_user(uid)
        if owner is None:
            raise Invalid(f"There is no user {uid!r} who could own the bucket.")
        self._require_ours(uid, owner)
        if mapping.is_suspended(owner):
            raise Conflict(f"User {uid!r} is suspended and can get no bucket.")
        return owner

    def _require_owner(self, found: Json, uid: str) -> None:
        if mapping.owner_uid(found) != uid:
            raise AlreadyExists("The bucket exists and belongs to another user.")

    def _finished(
        self, found: Json, record: Bucket, fields: BucketCreate, seen: S3Bucket
    ) -> Bucket:
        """The bucket with all of ``fields``, unless it was ever used or finished otherwise."""
        differing = differing_bucket(record, fields)
        if not differing and not limits.never_limited(found):
            return record
        if differing and not _is_unfinished(found, record, differing, seen):
            raise AlreadyExists(f"The bucket exists with another {', '.join(differing)}.")
        self._finish(mapping.owner_uid(found), seen, record, fields)
        path = bucket_path(mapping.bucket_tenant(found), record.name)
        done = replace(_record(existing(self._admin.find_bucket(path))), **told_by_s3(seen))
        if differing_bucket(done, fields):
            raise Conflict("Somebody else is changing the bucket.")
        return done

    def _begin(self, path: str, seen: S3Bucket, fields: BucketCreate) -> None:
        placement = fields.get("placement")
        try:
            seen.create(
                location=f":{placement}" if placement else None,
                storage_class=fields.get("storage_class"),
                object_lock=bool(fields.get("object_lock")),
            )
        except AMBIGUOUS as error:
            with extra_time():
                made = self._admin.find_bucket(path)
            if made is None:
                raise error from None

    def _finish(self, uid: str, seen: S3Bucket, record: Bucket, fields: BucketCreate) -> None:
        """The quota comes last and is always set, so that its lack tells an unfinished bucket."""
        wanted = fields.get("versioning", Versioning.OFF)
        if wanted not in {Versioning.OFF, record.versioning}:
            seen.set_versioning(wanted.capitalize())
        if fields.get("tags"):
            seen.set_tags(tags_document(fields["tags"]))
        quota = fields.get("quota", _NO_QUOTA)
        self._admin.set_bucket_quota(uid, record.name, limits.bucket_limits(quota))


def _record(found: Json) -> Bucket:
    return mapping.bucket_record(found, datetime.now(UTC))


def _is_unfinished(found: Json, record: Bucket, differing: list[str], seen: S3Bucket) -> bool:
    """Whether it stands as S3 makes it, never used and never given a quota, not even none."""
    return (
        limits.never_limited(found)
        and all(name in _LATER and getattr(record, name) == _LATER[name] for name in differing)
        and limits.has_index(found)
        and record.usage is not None
        and record.usage.used_objects == 0
        and limits.open_uploads(found) == 0
        and seen.count_versions(1) == (0, 0)
    )


def _check_settings(fields: BucketCreate) -> None:
    check_new_bucket(fields)
    if "quota" in fields:
        limits.check_quota(fields["quota"])
        limits.bucket_limits(fields["quota"])


def _require_room(uid: str, owner: Json) -> None:
    if mapping.user_record(owner).max_buckets == 0:
        raise Conflict(f"User {uid!r} may own no bucket.")
