"""How a bucket comes into being: in steps, of which a repeated request does what is missing."""

from dataclasses import replace
from datetime import UTC, datetime

from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.base import NotFoundByName, by_name_alone, not_alone
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.making import Making
from storage_api.backends.croit.refusals import AMBIGUOUS
from storage_api.backends.rgw_names import RESERVED, bucket_path, full_uid, split_uid
from storage_api.backends.rgw_rules import differing_bucket, in_whole_kib
from storage_api.backends.rows import existing
from storage_api.backends.s3_contents import START, S3Contents
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

_NO_QUOTA = Quota(enabled=False)
#: What is set after a bucket was made, and how it is until then.
_LATER = {"versioning": Versioning.OFF, "tags": {}, "quota": _NO_QUOTA}


class BucketCreation(Making):
    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        check_new_bucket(fields)
        if "quota" in fields:
            limits.check_quota(fields["quota"])
        uid = full_uid(self._tenant(bucket.namespace), fields["owner"])
        with self._keeping_owner(uid):
            return self._create_for(uid, bucket, fields)

    def _create_for(self, uid: str, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        owner = self._future_owner(uid)
        found, _ = self._find_bucket(bucket)
        if found is not None:
            _require_owner(found, uid)
        with self._owner_key(uid, owner) as key, self._changing_bucket(bucket.name):
            seen = S3Contents(self._s3, key, bucket.name)
            found, alone = self._find_bucket(bucket)
            if found is not None:
                _require_owner(found, uid)
                return self._matching(bucket, found, fields, seen, alone=alone), False
            if not alone and "quota" in fields:
                raise not_alone(bucket.name)
            if fields.keys() & {"placement", "storage_class"}:
                placement = fields.get("placement") or mapping.default_placement(owner)
                self._require_placement(placement, fields.get("storage_class"))
            self._begin(bucket, seen, fields)
            with what_is_there_stays(bucket_path(self._tenant(bucket.namespace), bucket.name)):
                found = existing(self._find_bucket(bucket)[0])
                _require_owner(found, uid)
                record = replace(_record(found), **told_by_s3(seen))
                if self._differs(found, record, fields, seen, alone=alone):
                    self._finish(bucket, seen, record, fields, alone=alone)
                return self._whole(bucket, fields, seen), True

    def _future_owner(self, uid: str) -> Json:
        reserved = split_uid(uid)[1] in RESERVED
        owner = None if reserved else self._croit.find_user(uid)
        if owner is None:
            raise Invalid(f"There is no user {uid!r} who could own the bucket.")
        self._require_ours(uid, owner)
        if mapping.is_suspended(owner):
            raise Conflict(f"User {uid!r} is suspended and can get no bucket.")
        return owner

    def _begin(self, bucket: Ref, seen: S3Contents, fields: BucketCreate) -> None:
        placement = fields.get("placement")
        try:
            seen.create(
                location=f":{placement}" if placement else None,
                storage_class=fields.get("storage_class"),
                object_lock=bool(fields.get("object_lock")),
            )
        except AMBIGUOUS as error:
            if not self._looked(lambda: self._find_bucket(bucket)[0] is not None, error):
                raise

    def _matching(
        self, bucket: Ref, found: Json, fields: BucketCreate, seen: S3Contents, *, alone: bool
    ) -> Bucket:
        """One that exists, with all of ``fields``, unless it was ever used or finished."""
        record = replace(_record(found), **told_if_allowed(seen))
        if not differing_bucket(record, fields):
            return self._with_birth(record, seen)
        with what_is_there_stays(bucket_path(self._tenant(bucket.namespace), bucket.name)):
            if self._differs(found, record, fields, seen, alone=alone):
                self._finish(bucket, seen, record, fields, alone=alone)
            return self._whole(bucket, fields, seen)

    def _differs(
        self, found: Json, record: Bucket, fields: BucketCreate, seen: S3Contents, *, alone: bool
    ) -> bool:
        """Whether there are steps left; raises ``AlreadyExists`` if it is another bucket."""
        differing = differing_bucket(record, fields)
        if differing and not (alone and _is_unfinished(found, record, differing, seen)):
            raise AlreadyExists(f"The bucket exists with another {', '.join(differing)}.")
        return bool(differing) or (alone and limits.never_limited(found))

    def _finish(
        self, bucket: Ref, seen: S3Contents, record: Bucket, fields: BucketCreate, *, alone: bool
    ) -> None:
        """The quota comes last and is always set, so that its lack tells an unfinished bucket."""
        wanted = fields.get("versioning", Versioning.OFF)
        if wanted not in {Versioning.OFF, record.versioning}:
            seen.set_versioning(wanted.capitalize())
        if fields.get("tags"):
            seen.set_tags(tags_document(fields["tags"]))
        if not alone:
            return
        try:
            self._set_bucket_quota(bucket, fields.get("quota", _NO_QUOTA))
        except NotFoundByName:
            if "quota" in fields:
                raise

    def _set_bucket_quota(self, bucket: Ref, quota: Quota) -> None:
        """The caller holds ``_changing_bucket``, and knows that croit finds the right one."""

        def holds() -> bool:
            return limits.bucket_quota(self._bucket(bucket)) == in_whole_kib(quota)

        wanted = limits.bucket_limits(quota)
        with by_name_alone(bucket.name):
            self._sure(lambda: self._croit.set_bucket_quota(bucket.name, wanted), holds)

    def _whole(self, bucket: Ref, fields: BucketCreate, seen: S3Contents) -> Bucket:
        done = replace(_record(self._bucket(bucket)), **told_by_s3(seen))
        if differing_bucket(done, fields):
            raise Conflict("Somebody else is changing the bucket.")
        return self._with_birth(done, seen)

    @staticmethod
    def _with_birth(record: Bucket, seen: S3Contents) -> Bucket:
        return replace(record, created=seen.created())


def _record(found: Json) -> Bucket:
    return mapping.bucket_record(found, datetime.now(UTC))


def _require_owner(found: Json, uid: str) -> None:
    if mapping.bucket_owner(found) != uid:
        raise AlreadyExists("The bucket exists and belongs to another user.")


def _is_unfinished(found: Json, record: Bucket, differing: list[str], seen: S3Contents) -> bool:
    """Whether it stands as S3 makes it, never used and never given a quota, not even none."""
    return (
        limits.never_limited(found)
        and all(name in _LATER and getattr(record, name) == _LATER[name] for name in differing)
        and seen.count_versions(1) == (0, 0)
        and not seen.uploads(START)[0]
    )
