"""Buckets as the API offers them: what is told of them here, the rest in files of its own."""

from dataclasses import replace

from storage_api.backends.accounting import Holder
from storage_api.backends.ecs import mapping_buckets as mapping
from storage_api.backends.ecs.bucket_base import BUCKET
from storage_api.backends.ecs.bucket_creation import BucketCreation
from storage_api.backends.ecs.bucket_documents import BucketDocuments
from storage_api.backends.ecs.bucket_removal import BucketRemoval
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.usage import Usages
from storage_api.backends.objects import BucketStore
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendError, NotFound
from storage_api.domain.models import Bucket, Ref, Usage


class Buckets(BucketCreation, BucketRemoval, BucketDocuments, Usages, BucketStore):
    def list_buckets(self, namespace: str | None) -> list[Bucket]:
        name = self._namespace(namespace)
        found = self._ecs.listed(BUCKET, "object_bucket", {"namespace": name})
        if not found:
            self._existing_namespace(name)
        groups = {urn: self._group_name(urn) for urn in {text(row.get("vpool")) for row in found}}
        buckets = (mapping.bucket_record(row, groups[text(row.get("vpool"))]) for row in found)
        return sorted(buckets, key=lambda bucket: bucket.name)

    def get_bucket(self, bucket: Ref) -> Bucket:
        namespace = self._namespace(bucket.namespace)
        found = self._bucket_record(self._existing_bucket(namespace, bucket.name))
        return replace(found, usage=self._usage_if_told(Ref(namespace, bucket.name)))

    def _usage_if_told(self, bucket: Ref) -> Usage | None:
        """Metering may be out of order while the bucket is not."""
        try:
            return self.get_usage(Holder(HolderKind.BUCKET, bucket))
        except (BackendError, NotFound):
            return None
