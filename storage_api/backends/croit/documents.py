"""A bucket as its owner sees it, whose lifecycle, policy and CORS are set through S3."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage_api.backends.croit import mapping
from storage_api.backends.croit.base import CroitBase
from storage_api.backends.rgw_names import split_uid
from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_bucket_documents import S3Documents
from storage_api.domain.errors import Conflict
from storage_api.domain.models import Ref


class BucketDocuments(S3Documents, CroitBase):
    def _owner_of(self, bucket: Ref) -> tuple[str, str]:
        return split_uid(mapping.bucket_owner(self._bucket(bucket)))

    def _readable(self, bucket: Ref) -> S3Bucket:
        """For a look no key is made, so an owner who has none keeps the document to himself."""
        uid = mapping.bucket_owner(self._bucket(bucket))
        owner = self._croit.find_user(uid)
        usable = owner is not None and not mapping.is_suspended(owner)
        key = self._key_to_look(uid) if usable else None
        if key is None:
            raise Conflict(
                f"Only the bucket's owner, {uid!r}, can read this, and he is suspended, "
                "deleted or without a key."
            )
        return self._s3.bucket(key, bucket.name)

    @contextmanager
    def _writable(self, bucket: Ref) -> Iterator[S3Bucket]:
        uid, owner = self._our_owner(self._bucket(bucket))
        with self._owner_key(uid, owner) as key, self._changing_bucket(bucket.name):
            yield self._s3.bucket(key, bucket.name)
