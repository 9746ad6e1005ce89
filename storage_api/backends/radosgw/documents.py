"""Lifecycle, policy and CORS of a bucket, set through S3 with its owner's key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from storage_api.backends.radosgw import mapping
from storage_api.backends.radosgw.base import RadosgwBase, existing
from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_documents import (
    check_lifecycle,
    cors_document,
    cors_record,
    lifecycle_document,
    lifecycle_record,
    same_lifecycle,
    storage_classes,
)
from storage_api.backends.s3_policy import policy_record, policy_text
from storage_api.domain.errors import Conflict, Invalid, NotFound
from storage_api.domain.models import Cors, Lifecycle, Policy, Ref


class BucketDocuments(RadosgwBase):
    # Lifecycle

    def get_lifecycle(self, bucket: Ref) -> Lifecycle:
        rules = self._readable(bucket).lifecycle()
        if not rules:
            raise NotFound(f"Bucket {str(bucket)!r} has no lifecycle configuration.")
        return lifecycle_record(rules)

    def set_lifecycle(self, bucket: Ref, lifecycle: Lifecycle) -> Lifecycle:
        check_lifecycle(lifecycle)
        with self._writable(bucket) as seen:
            for name in sorted(storage_classes(lifecycle)):
                if not seen.has_storage_class(name):  # RGW would accept it, and move nothing
                    raise Invalid(f"There is no storage class {name!r} in the bucket's placement.")
            former = seen.lifecycle()
            seen.set_lifecycle(lifecycle_document(lifecycle))
            held = seen.lifecycle()
            if not held or not _means(held, lifecycle):
                # RGW accepts rules that it then reads as other, wider ones.
                seen.set_lifecycle(former)
                raise Invalid("RadosGW would not honour these rules as they are meant.")
            return lifecycle_record(held)

    def delete_lifecycle(self, bucket: Ref) -> None:
        with self._writable(bucket) as seen:
            seen.set_lifecycle(None)

    # Policy

    def get_policy_document(self, bucket: Ref) -> Policy:
        text = self._readable(bucket).policy()
        if text is None:
            raise NotFound(f"Bucket {str(bucket)!r} has no policy.")
        return policy_record(text)

    def set_policy_document(self, bucket: Ref, policy: Policy) -> Policy:
        tenant, owner = mapping.split_uid(mapping.owner_uid(self._bucket(bucket)))
        text = policy_text(policy, tenant=tenant, owner=owner)
        with self._writable(bucket) as seen:
            seen.set_policy(text)
            return policy_record(existing(seen.policy()))

    def delete_policy_document(self, bucket: Ref) -> None:
        with self._writable(bucket) as seen:
            seen.set_policy(None)

    # CORS

    def get_cors(self, bucket: Ref) -> Cors:
        rules = self._readable(bucket).cors()
        if not rules:
            raise NotFound(f"Bucket {str(bucket)!r} has no CORS configuration.")
        return cors_record(rules)

    def set_cors(self, bucket: Ref, cors: Cors) -> Cors:
        with self._writable(bucket) as seen:
            seen.set_cors(cors_document(cors))
            return cors_record(existing(seen.cors()))

    def delete_cors(self, bucket: Ref) -> None:
        with self._writable(bucket) as seen:
            seen.set_cors(None)

    # The bucket, seen with its owner's key

    def _readable(self, bucket: Ref) -> S3Bucket:
        """For a look no key is made, so an owner who has none keeps the document to himself."""
        uid = mapping.owner_uid(self._bucket(bucket))
        owner = self._admin.find_user(uid)
        key = self._usable_key(owner) if owner else None
        if key is None:
            raise Conflict(
                f"Only the bucket's owner, {uid!r}, can read this, and he is suspended, "
                "deleted or without a key."
            )
        return self._s3.bucket(key, bucket.name)

    @contextmanager
    def _writable(self, bucket: Ref) -> Iterator[S3Bucket]:
        uid, owner = self._our_owner(self._bucket(bucket))
        with self._owner_key(uid, owner) as key, self._changing_bucket(self._path(bucket)):
            yield self._s3.bucket(key, bucket.name)


def _means(held: list[Any], lifecycle: Lifecycle) -> bool:
    try:
        return same_lifecycle(lifecycle_record(held), lifecycle)
    except Conflict:
        return False
