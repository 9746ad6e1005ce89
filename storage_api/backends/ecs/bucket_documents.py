"""Documents of a bucket: policy and ACL by the management API, lifecycle and CORS through S3."""

from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.bucket_base import BUCKET, BucketBase
from storage_api.backends.ecs.owners import Owners
from storage_api.backends.ecs.reading import text, truth
from storage_api.backends.objects import AclReader
from storage_api.backends.s3 import S3Bucket
from storage_api.backends.s3_bucket_documents import cors_of, lifecycle_of, replace_lifecycle
from storage_api.backends.s3_documents import (
    check_lifecycle,
    cors_document,
    cors_record,
    storage_classes,
)
from storage_api.backends.s3_policy import policy_text
from storage_api.domain.errors import BackendMisbehaved, Conflict, Invalid, NotFound
from storage_api.domain.models import Acl, Cors, Lifecycle, Policy, Ref
from storage_api.domain.secrets import Secret


class BucketDocuments(BucketBase, Owners, AclReader):
    # Lifecycle

    def get_lifecycle(self, bucket: Ref) -> Lifecycle:
        return lifecycle_of(self._read(bucket), bucket)

    def set_lifecycle(self, bucket: Ref, lifecycle: Lifecycle) -> Lifecycle:
        check_lifecycle(lifecycle)
        if storage_classes(lifecycle):
            raise Invalid("ECS has one storage class, so no rule can move objects to another.")
        row = self._existing_bucket(self._namespace(bucket.namespace), bucket.name)
        if truth(row.get("fs_access_enabled")):
            raise Conflict("A bucket with filesystem_enabled can have no lifecycle rules.")
        with self._writable(row) as seen:
            return replace_lifecycle(seen, lifecycle, system="ECS")

    def delete_lifecycle(self, bucket: Ref) -> None:
        with self._write(bucket) as seen:
            seen.set_lifecycle(None)

    # CORS

    def get_cors(self, bucket: Ref) -> Cors:
        return cors_of(self._read(bucket), bucket)

    def set_cors(self, bucket: Ref, cors: Cors) -> Cors:
        with self._write(bucket) as seen:
            seen.set_cors(cors_document(cors))
            held = seen.cors()
            if not held:
                raise BackendMisbehaved(f"{self._name} does not show the CORS rules it accepted.")
            return cors_record(held)

    def delete_cors(self, bucket: Ref) -> None:
        with self._write(bucket) as seen:
            seen.set_cors(None)

    def _read(self, bucket: Ref) -> S3Bucket:
        namespace = self._namespace(bucket.namespace)
        return self._readable(self._existing_bucket(namespace, bucket.name))

    def _write(self, bucket: Ref) -> AbstractContextManager[S3Bucket]:
        namespace = self._namespace(bucket.namespace)
        return self._writable(self._existing_bucket(namespace, bucket.name))

    # Policy

    def get_policy_document(self, bucket: Ref) -> Policy:
        namespace = self._namespace(bucket.namespace)
        self._existing_bucket(namespace, bucket.name)
        found = self._policy(namespace, bucket.name)
        if found is None:
            raise NotFound(f"Bucket {str(bucket)!r} has no policy.")
        return found

    def set_policy_document(self, bucket: Ref, policy: Policy) -> Policy:
        namespace = self._namespace(bucket.namespace)
        with self._changing_bucket(namespace, bucket.name):
            row = self._existing_bucket(namespace, bucket.name)
            policy_text(policy, tenant=namespace, owner=text(row.get("owner")) or "")
            path = (*BUCKET, bucket.name, "policy")
            self._ecs.put(path, dict(policy), {"namespace": namespace})
            held = self._policy(namespace, bucket.name)
        if held is None:
            raise BackendMisbehaved(f"{self._name} does not show the policy that it accepted.")
        return held

    def delete_policy_document(self, bucket: Ref) -> None:
        namespace = self._namespace(bucket.namespace)
        with self._changing_bucket(namespace, bucket.name):
            self._existing_bucket(namespace, bucket.name)
            if self._policy(namespace, bucket.name) is not None:
                path = (*BUCKET, bucket.name, "policy")
                self._ecs.delete(path, {"namespace": namespace})

    def _policy(self, namespace: str, name: str) -> Policy | None:
        """Where there is none, ECS answers with nothing."""
        path = (*BUCKET, name, "policy")
        document = self._ecs.look(path, {"namespace": namespace}).document
        return _plain(document) if document else None

    # ACL

    def get_acl(self, bucket: Ref) -> Acl:
        namespace = self._namespace(bucket.namespace)
        path = (*BUCKET, bucket.name, "acl")
        found = self._ecs.find(path, {"namespace": namespace})
        if found is None:
            raise NotFound(f"There is no bucket {str(bucket)!r}.")
        return mapping.acl_record(found)


def _plain(value: Any) -> Any:
    """A document of others' as it was, which was read as if it were one of ECS's own."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Secret):
        return value.reveal()
    return float(value) if isinstance(value, Decimal) else value
