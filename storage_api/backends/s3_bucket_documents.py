"""Lifecycle, policy and CORS of a bucket, set through S3 with its owner's key."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from storage_api.backends.rows import existing
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


class S3Documents(ABC):
    """The part of ``BucketStore`` that is the same wherever buckets are RGW's."""

    @abstractmethod
    def _readable(self, bucket: Ref) -> S3Bucket:
        """The bucket, seen with its owner's key; for a look no key is made.

        Raises:
            NotFound: there is no such bucket.
            Conflict: the owner has no key that could be used.
        """

    @abstractmethod
    def _writable(self, bucket: Ref) -> AbstractContextManager[S3Bucket]:
        """The same for a change, for which a temporary key is made if there is none."""

    @abstractmethod
    def _owner_of(self, bucket: Ref) -> tuple[str, str]:
        """(tenant, name) of the owner."""

    # Lifecycle

    def get_lifecycle(self, bucket: Ref) -> Lifecycle:
        return lifecycle_of(self._readable(bucket), bucket)

    def set_lifecycle(self, bucket: Ref, lifecycle: Lifecycle) -> Lifecycle:
        check_lifecycle(lifecycle)
        with self._writable(bucket) as seen:
            for name in sorted(storage_classes(lifecycle)):
                if not seen.has_storage_class(name):  # RGW would accept it, and move nothing
                    raise Invalid(f"There is no storage class {name!r} in the bucket's placement.")
            return replace_lifecycle(seen, lifecycle, system="Ceph's gateway")

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
        tenant, owner = self._owner_of(bucket)
        text = policy_text(policy, tenant=tenant, owner=owner)
        with self._writable(bucket) as seen:
            seen.set_policy(text)
            return policy_record(existing(seen.policy()))

    def delete_policy_document(self, bucket: Ref) -> None:
        with self._writable(bucket) as seen:
            seen.set_policy(None)

    # CORS

    def get_cors(self, bucket: Ref) -> Cors:
        return cors_of(self._readable(bucket), bucket)

    def set_cors(self, bucket: Ref, cors: Cors) -> Cors:
        with self._writable(bucket) as seen:
            seen.set_cors(cors_document(cors))
            return cors_record(existing(seen.cors()))

    def delete_cors(self, bucket: Ref) -> None:
        with self._writable(bucket) as seen:
            seen.set_cors(None)


def lifecycle_of(seen: S3Bucket, bucket: Ref) -> Lifecycle:
    """Raises ``NotFound`` where there is none, ``Conflict`` for rules that no record can tell."""
    rules = seen.lifecycle()
    if not rules:
        raise NotFound(f"Bucket {str(bucket)!r} has no lifecycle configuration.")
    return lifecycle_record(rules)


def replace_lifecycle(seen: S3Bucket, lifecycle: Lifecycle, *, system: str) -> Lifecycle:
    """What the bucket then holds. Rules read back as others are undone, and ``Invalid``.

    RGW accepts rules that it then reads as other, wider ones. ``system`` is named in the error.
    """
    former = seen.lifecycle()
    seen.set_lifecycle(lifecycle_document(lifecycle))
    held = seen.lifecycle()
    if not held or not _means(held, lifecycle):
        seen.set_lifecycle(former)
        raise Invalid(f"{system} would not honour these rules as they are meant.")
    return lifecycle_record(held)


def cors_of(seen: S3Bucket, bucket: Ref) -> Cors:
    """Raises ``NotFound`` where there is none."""
    rules = seen.cors()
    if not rules:
        raise NotFound(f"Bucket {str(bucket)!r} has no CORS configuration.")
    return cors_record(rules)


def _means(held: list[Any], lifecycle: Lifecycle) -> bool:
    try:
        return same_lifecycle(lifecycle_record(held), lifecycle)
    except Conflict:
        return False
