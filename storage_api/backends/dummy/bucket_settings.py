"""What is configured on a bucket beside its record: lifecycle, policy, CORS."""

from typing import TypeVar

from storage_api.backends.dummy.family import Family, require
from storage_api.backends.dummy.kinds import BUCKET, CORS, LIFECYCLE, POLICY_DOCUMENT, Kind
from storage_api.backends.objects import AclReader
from storage_api.backends.s3_documents import check_lifecycle, storage_classes
from storage_api.backends.s3_policy import policy_text
from storage_api.domain.errors import Invalid, NotFound
from storage_api.domain.models import Acl, Cors, Grant, GranteeKind, Lifecycle, Policy, Ref

T = TypeVar("T")

#: What a lifecycle rule can move objects to, beside the class of the bucket itself.
STORAGE_CLASSES = frozenset({"STANDARD", "COLD"})


class DummyBucketSettings(Family, AclReader):
    def get_acl(self, bucket: Ref) -> Acl:
        """Nobody was ever granted anything: the owner may do all, and others nothing."""
        with self._store.view() as view:
            owner = require(view, BUCKET, bucket).owner or ""
        grant = Grant(kind=GranteeKind.USER, grantee=owner, permissions=["full_control"])
        return Acl(owner=owner, grants=[grant])

    def get_lifecycle(self, bucket: Ref) -> Lifecycle:
        return self._setting(LIFECYCLE, bucket, "lifecycle configuration")

    def set_lifecycle(self, bucket: Ref, lifecycle: Lifecycle) -> Lifecycle:
        check_lifecycle(lifecycle)
        with self._store.transaction() as tx:
            found = require(tx, BUCKET, bucket)
            unknown = storage_classes(lifecycle) - {*STORAGE_CLASSES, found.storage_class}
            if unknown:
                raise Invalid(f"There is no storage class {', '.join(sorted(unknown))}.")
            tx.put(LIFECYCLE, bucket, lifecycle)
        return lifecycle

    def delete_lifecycle(self, bucket: Ref) -> None:
        self._unset(LIFECYCLE, bucket)

    def get_policy_document(self, bucket: Ref) -> Policy:
        return self._setting(POLICY_DOCUMENT, bucket, "policy")

    def set_policy_document(self, bucket: Ref, policy: Policy) -> Policy:
        with self._store.transaction() as tx:
            owner = require(tx, BUCKET, bucket).owner
            policy_text(policy, tenant=bucket.namespace or "", owner=owner or "")
            tx.put(POLICY_DOCUMENT, bucket, policy)
        return policy

    def delete_policy_document(self, bucket: Ref) -> None:
        self._unset(POLICY_DOCUMENT, bucket)

    def get_cors(self, bucket: Ref) -> Cors:
        return self._setting(CORS, bucket, "CORS configuration")

    def set_cors(self, bucket: Ref, cors: Cors) -> Cors:
        with self._store.transaction() as tx:
            require(tx, BUCKET, bucket)
            tx.put(CORS, bucket, cors)
        return cors

    def delete_cors(self, bucket: Ref) -> None:
        self._unset(CORS, bucket)

    def _setting(self, kind: Kind[T], bucket: Ref, words: str) -> T:
        with self._store.view() as view:
            require(view, BUCKET, bucket)
            found = view.get(kind, bucket)
        if found is None:
            raise NotFound(f"The bucket {str(bucket)!r} has no {words}.")
        return found

    def _unset(self, kind: Kind[T], bucket: Ref) -> None:
        with self._store.transaction() as tx:
            require(tx, BUCKET, bucket)
            tx.delete(kind, bucket)
