"""What namespaces and buckets store, as ECS's metering last counted it."""

from datetime import UTC, datetime
from typing import ClassVar

from storage_api.backends.accounting import Holder, UsageReporter
from storage_api.backends.ecs import mapping_usage as mapping
from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.mapping_namespaces import name_of
from storage_api.backends.ecs.wire import Json, Query
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import NotFound, NotSupported
from storage_api.domain.models import Ref, Usage

_BILLING = ("object", "billing")


class Usages(EcsBase, UsageReporter):
    usage_holders: ClassVar[frozenset[HolderKind]] = frozenset(
        {HolderKind.NAMESPACE, HolderKind.BUCKET}
    )

    def get_usage(self, holder: Holder) -> Usage:
        """A namespace's figure is its own, not the sum of its buckets', which lag differently."""
        if holder.kind is HolderKind.NAMESPACE:
            found = self._namespace_billing(holder.ref.name)
        elif holder.kind is HolderKind.BUCKET:
            found = self._bucket_billing(holder.ref)
        else:
            raise NotSupported("ECS does not measure what a user stores, only buckets.")
        if found is None:
            return mapping.never_measured()
        return mapping.usage_record(found, datetime.now(UTC))

    def _namespace_billing(self, name: str) -> Json | None:
        """``None`` if there is no sample yet, which reads like a namespace that is not there."""
        wanted: Query = {"sizeunit": mapping.UNIT, "include_bucket_detail": False}
        found = self._ecs.find((*_BILLING, "namespace", name, "info"), wanted)
        if found is None:
            self._existing_namespace(name)
        return found

    def _bucket_usages(self, namespace: str) -> dict[str, Usage]:
        """Of all of a namespace's buckets together; one that no sample has seen yet is absent."""
        # This list takes a marker, but no limit.
        wanted: Query = {"sizeunit": mapping.UNIT, "include_bucket_detail": True, "limit": None}
        path = (*_BILLING, "namespace", namespace, "info")
        try:
            rows = self._ecs.listed(path, "bucket_billing_info", wanted)
        except NotFound:
            return {}
        now = datetime.now(UTC)
        return {name_of(row): mapping.usage_record(row, now) for row in rows}

    def _bucket_billing(self, bucket: Ref) -> Json | None:
        namespace = self._namespace(bucket.namespace)
        path = (*_BILLING, "buckets", namespace, bucket.name, "info")
        found = self._ecs.find(path, {"sizeunit": mapping.UNIT})
        if found is None and self._find_bucket(namespace, bucket.name) is None:
            raise NotFound(f"There is no bucket {str(bucket)!r}.")
        return found
