"""Buckets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.dummy.bucket_settings import DummyBucketSettings
from storage_api.backends.dummy.family import differing, now, require
from storage_api.backends.dummy.kinds import (
    BUCKET,
    CORS,
    LIFECYCLE,
    NAMESPACE,
    POLICY_DOCUMENT,
    USER,
)
from storage_api.backends.dummy.namespaces import check_namespace
from storage_api.backends.dummy.transaction import View
from storage_api.backends.dummy.usage import no_usage
from storage_api.backends.dummy.users import buckets_of
from storage_api.backends.objects import BucketStore
from storage_api.domain.errors import AlreadyExists, Conflict, Invalid
from storage_api.domain.models import Bucket, Quota, Ref, Versioning
from storage_api.domain.requests import BucketCreate, BucketPatch

_PLACEMENT = "default-placement"
_STORAGE_CLASS = "STANDARD"


class DummyBuckets(DummyBucketSettings, BucketStore):
    def list_buckets(self, namespace: str | None) -> list[Bucket]:
        with self._store.view() as view:
            check_namespace(view, namespace)
        return [bucket for bucket in self._store.all(BUCKET) if bucket.namespace == namespace]

    def get_bucket(self, bucket: Ref) -> Bucket:
        with self._store.view() as view:
            return measured(require(view, BUCKET, bucket))

    def create_bucket(self, bucket: Ref, fields: BucketCreate) -> tuple[Bucket, bool]:
        wanted: dict[str, Any] = dict(fields)
        with self._store.transaction() as tx:
            check_namespace(tx, bucket.namespace)
            if found := tx.get(BUCKET, bucket):
                if differences := differing(found, wanted):
                    raise AlreadyExists(
                        f"The bucket {str(bucket)!r} exists with another {', '.join(differences)}."
                    )
                return measured(found), False
            created = _new_bucket(tx, bucket, wanted)
            _check_owner(tx, Ref(bucket.namespace, fields["owner"]))
            tx.put(BUCKET, bucket, created)
        return measured(created), True

    def update_bucket(self, bucket: Ref, changes: BucketPatch) -> Bucket:
        wanted: Mapping[str, Any] = changes
        with self._store.transaction() as tx:
            former = require(tx, BUCKET, bucket)
            updated = replace(former, **wanted)
            _check_versioning(former, updated)
            if updated.owner and updated.owner != former.owner:
                _check_owner(tx, Ref(bucket.namespace, updated.owner))
            if updated != former:
                tx.put(BUCKET, bucket, updated)
        return measured(updated)

    def delete_bucket(self, bucket: Ref) -> None:
        with self._store.transaction() as tx:
            tx.delete(BUCKET, bucket)
            tx.delete(LIFECYCLE, bucket)
            tx.delete(POLICY_DOCUMENT, bucket)
            tx.delete(CORS, bucket)


def measured(bucket: Bucket) -> Bucket:
    return replace(bucket, usage=no_usage())


def _new_bucket(view: View, bucket: Ref, wanted: dict[str, Any]) -> Bucket:
    """The bucket as asked for; raises ``Invalid`` where that contradicts itself."""
    locked = wanted.get("object_lock", False)
    versioning = Versioning.ENABLED if locked else Versioning.OFF
    defaults = Bucket(
        name=bucket.name,
        namespace=bucket.namespace,
        created=now(),
        versioning=versioning,
        object_lock=False,
        placement=_PLACEMENT,
        storage_class=_STORAGE_CLASS,
        replication_group=_replication_group(view, bucket.namespace),
        filesystem_enabled=False,
        encryption_enabled=False,
        quota=Quota(),
        tags={},
    )
    created = replace(defaults, **wanted)
    if locked and created.versioning is not Versioning.ENABLED:
        raise Invalid("A bucket whose objects can be locked needs versioning.")
    return created


def _replication_group(view: View, namespace: str | None) -> str | None:
    if namespace is None:
        return None
    return require(view, NAMESPACE, Ref(None, namespace)).replication_group


def _check_owner(view: View, owner: Ref) -> None:
    """Whether the user may own one more bucket."""
    user = view.get(USER, owner)
    if user is None:
        raise Invalid(f"There is no user {str(owner)!r} to own the bucket.")
    if user.suspended:
        raise Conflict(f"The user {str(owner)!r} is suspended.")
    if user.max_buckets is not None and len(buckets_of(view, owner)) >= user.max_buckets:
        raise Conflict(f"The user {str(owner)!r} may own {user.max_buckets} buckets, no more.")


def _check_versioning(former: Bucket, updated: Bucket) -> None:
    if former.versioning is updated.versioning:
        return
    if updated.versioning is Versioning.OFF:
        raise Invalid("Versioning cannot be switched off again, only suspended.")
    if former.object_lock:
        raise Conflict("Versioning cannot be suspended: the bucket's objects can be locked.")
