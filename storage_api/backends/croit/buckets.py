"""Buckets: what croit tells of them, and what only S3 with the owner's key can do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage_api.backends.croit import mapping
from storage_api.backends.croit.base import by_name_alone
from storage_api.backends.croit.creation import BucketCreation
from storage_api.backends.croit.documents import BucketDocuments
from storage_api.backends.croit.refusals import AMBIGUOUS, Reason, reason_of
from storage_api.backends.objects import BucketStore
from storage_api.backends.rgw_names import full_uid, split_uid
from storage_api.backends.s3_contents import START, S3Contents
from storage_api.backends.s3_settings import (
    check_bucket_changes,
    require_open_to,
    set_on,
    told_by_s3,
    told_if_allowed,
)
from storage_api.domain.errors import BackendError, Conflict
from storage_api.domain.models import Bucket, Ref
from storage_api.domain.requests import BucketPatch

_COUNTED = 1000


class Buckets(BucketCreation, BucketDocuments, BucketStore):
    def list_buckets(self, namespace: str | None) -> list[Bucket]:
        tenant = self._tenant(namespace)
        all_rows, moment = self._all_buckets.get()
        rows = [row for row in all_rows if mapping.bucket_tenant(row) == tenant]
        if not rows:
            self._require_namespace(namespace)
        return sorted(
            (mapping.bucket_record(row, moment) for row in rows), key=lambda bucket: bucket.name
        )

    def get_bucket(self, bucket: Ref) -> Bucket:
        found = self._bucket(bucket)
        record = mapping.bucket_record(found, datetime.now(UTC))
        key = self._key_to_look(mapping.bucket_owner(found))
        if key is None:
            return record
        seen = S3Contents(self._s3, key, record.name)
        return replace(record, **told_if_allowed(seen), created=_birth(seen))

    def update_bucket(self, bucket: Ref, changes: BucketPatch) -> Bucket:
        check_bucket_changes(changes)
        found = self._bucket(bucket)
        uid, owner = self._our_owner(found)
        heir = self._heir(bucket, uid, changes.get("owner"))
        told: dict[str, Any] = {}
        settings = changes.keys() & {"tags", "versioning"}
        if settings or (heir and not mapping.is_suspended(owner)):
            with self._owner_key(uid, owner) as key, self._changing_bucket(bucket.name):
                seen = self._s3.bucket(key, bucket.name)
                if heir is not None:
                    tenant, name = split_uid(heir)
                    require_open_to(seen, tenant=tenant, heir=name)
                if settings:
                    set_on(seen, changes)
                    told = told_by_s3(seen)
        if heir is not None:
            self._give_to(bucket, heir)
        return replace(self.get_bucket(bucket), **told)

    def _heir(self, bucket: Ref, uid: str, name: str | None) -> str | None:
        """The full uid of the new owner, if there is to be another one than now."""
        heir = name and full_uid(self._tenant(bucket.namespace), name)
        if not name or not heir or heir == uid:
            return None
        self._future_owner(heir)
        self._bucket_by_name_alone(bucket)
        return heir

    def _give_to(self, bucket: Ref, heir: str) -> None:
        with self._keeping_owner(heir), self._changing_bucket(bucket.name):
            self._future_owner(heir)
            self._bucket_by_name_alone(bucket)
            with by_name_alone(bucket.name):
                self._sure(
                    lambda: self._croit.set_bucket_owner(bucket.name, heir),
                    lambda: mapping.bucket_owner(self._bucket(bucket)) == heir,
                )

    def delete_bucket(self, bucket: Ref) -> None:
        found, alone = self._find_bucket(bucket)
        if found is None:
            return
        uid, owner = self._our_owner(found)
        if mapping.is_suspended(owner):
            self._delete_of_suspended(bucket, uid, alone=alone)
            return
        with self._owner_key(uid, owner) as key, self._changing_bucket(bucket.name):
            seen = S3Contents(self._s3, key, bucket.name)
            if self._find_bucket(bucket)[0] is not None:
                _refuse_filled(seen)
                if not self._removed(bucket, seen):
                    _refuse_filled(seen)
                    raise Conflict("The bucket is not empty: something was only just written.")

    def _removed(self, bucket: Ref, seen: S3Contents) -> bool:
        try:
            return seen.remove()
        except AMBIGUOUS as error:
            if not self._looked(lambda: self._find_bucket(bucket)[0] is None, error):
                raise
            return True

    def _delete_of_suspended(self, bucket: Ref, uid: str, *, alone: bool) -> None:
        """S3 lets nobody in, but croit itself can delete an empty bucket, in a task."""
        if not alone:
            raise Conflict(f"User {uid!r}, who owns the bucket, is suspended.")
        with self._changing_bucket(bucket.name):
            try:
                uploads = self._croit.list_uploads(bucket.name, uid)
            except BackendError as error:
                raise Conflict(
                    f"User {uid!r}, who owns the bucket, is suspended, and croit does not tell "
                    "whether uploads are open in it."
                ) from error
            if uploads:
                raise Conflict(f"The bucket is not empty: it has {len(uploads)} open upload(s).")
            try:
                self._sure(
                    lambda: self._croit.delete_bucket(bucket.name),
                    lambda: self._find_bucket(bucket)[0] is None,
                )
            except AMBIGUOUS as error:
                if reason_of(error) is Reason.NOT_EMPTY:
                    raise Conflict("The bucket is not empty.") from error
                raise


def _birth(seen: S3Contents) -> datetime | None:
    """Unknown while the owner may not even list his buckets."""
    try:
        return seen.created()
    except Conflict:
        return None


def _refuse_filled(seen: S3Contents) -> None:
    versions, markers = seen.count_versions(_COUNTED)
    uploads = len(seen.uploads(START)[0])
    if versions or markers or uploads:
        more = "at least " if versions + markers >= _COUNTED else ""
        raise Conflict(
            f"The bucket is not empty: it still holds {more}{versions} object version(s), "
            f"{markers} delete marker(s) and {uploads} open upload(s)."
        )
