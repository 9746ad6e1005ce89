"""Buckets: what Admin Ops tells of them, and what only S3 with the owner's key can set."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage_api.backends.objects import BucketStore
from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.client import Json, UnexpectedCode
from storage_api.backends.radosgw.creation import BucketCreation
from storage_api.backends.radosgw.documents import BucketDocuments
from storage_api.backends.rgw_names import full_uid, split_uid
from storage_api.backends.rows import existing
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
        owner = self._admin.find_user(mapping.owner_uid(found))
        key = self._usable_key(owner) if owner else None
        if key is None:  # and none is made for a look
            return record
        return replace(record, **told_if_allowed(self._s3.bucket(key, record.name)))

    def update_bucket(self, bucket: Ref, changes: BucketPatch) -> Bucket:
        check_bucket_changes(changes)
        path = self._path(bucket)
        found = self._bucket(bucket)
        uid, owner = self._our_owner(found)
        heir = self._heir(bucket, uid, changes.get("owner"))
        told: dict[str, Any] = {}
        settings = changes.keys() & {"tags", "versioning"}
        if settings or (heir and not mapping.is_suspended(owner)):
            with self._owner_key(uid, owner) as key, self._changing_bucket(path):
                seen = self._s3.bucket(key, bucket.name)
                if heir is not None:
                    tenant, name = split_uid(heir)
                    require_open_to(seen, tenant=tenant, heir=name)
                if settings:
                    set_on(seen, changes)
                    told = told_by_s3(seen)
        if heir is not None:
            with self._keeping_owner(heir), self._changing_bucket(path):
                self._future_owner(heir)
                self._admin.link_bucket(path, mapping.bucket_id(found), heir)
        return replace(self.get_bucket(bucket), **told)

    def _heir(self, bucket: Ref, uid: str, name: str | None) -> str | None:
        """The full uid of the new owner, if there is to be another one than now."""
        heir = name and full_uid(self._tenant(bucket.namespace), name)
        if not name or not heir or heir == uid:
            return None
        found = self._future_owner(heir)
        limit = mapping.user_record(found).max_buckets
        # RGW's own link call asks neither for the limit nor for the policy.
        if limit is not None and len(self._admin.list_buckets_of(heir)) >= limit:
            raise Conflict(f"User {heir!r} may own no more than {limit} bucket(s).")
        return heir

    def delete_bucket(self, bucket: Ref) -> None:
        path = self._path(bucket)
        with self._changing_bucket(path):
            found = self._admin.find_bucket(path)
            if found is None:
                return
            _, owner = self._our_owner(found)
            _refuse_filled(found)
            try:
                self._admin.delete_bucket(path)
            except UnexpectedCode as refusal:
                if refusal.code != "BucketNotEmpty":
                    raise
                raise Conflict(self._why_not_empty(path, bucket.name, owner)) from refusal

    def _why_not_empty(self, path: str, name: str, owner: Json) -> str:
        """RGW's statistics leave delete markers out, so S3 counts them where it may."""
        _refuse_filled(existing(self._admin.find_bucket(path)))
        text = "The bucket is not empty: it still holds "
        key = self._usable_key(owner)
        try:
            counts = self._s3.bucket(key, name).count_versions(_COUNTED) if key else None
        except (BackendError, Conflict):
            counts = None
        if counts is None:
            return f"{text}delete markers, or objects that were only just written."
        more = "at least " if sum(counts) >= _COUNTED else ""
        return f"{text}{more}{counts[0]} object version(s) and {counts[1]} delete marker(s)."


def _refuse_filled(found: Json) -> None:
    if not limits.has_index(found):
        raise Conflict("The bucket has no index, so nobody can tell whether it is empty.")
    held = limits.usage_record([found], datetime.now(UTC)).used_objects
    uploads = limits.open_uploads(found)
    if held != 0 or uploads:
        objects = "an unknown number of" if held is None else held
        raise Conflict(
            f"The bucket is not empty: it still holds {objects} object(s), former versions and "
            f"uploaded parts included, and {uploads} open upload(s)."
        )
