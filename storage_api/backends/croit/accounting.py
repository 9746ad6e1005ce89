"""Quotas, usage and what can be said of capacity."""

from datetime import UTC, datetime
from typing import ClassVar

from storage_api.backends.accounting import CapacityReporter, Holder, QuotaStore, UsageReporter
from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.creation import BucketCreation
from storage_api.backends.rgw_rules import no_namespace_quota
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Capacity, Quota, Ref, Usage


class Accounting(BucketCreation, QuotaStore, UsageReporter, CapacityReporter):
    quota_holders: ClassVar[frozenset[HolderKind]] = frozenset({HolderKind.USER, HolderKind.BUCKET})
    usage_holders: ClassVar[frozenset[HolderKind]] = frozenset(HolderKind)

    def get_quota(self, holder: Holder) -> Quota:
        if holder.kind is HolderKind.BUCKET:
            return limits.bucket_quota(self._bucket(holder.ref))
        if holder.kind is HolderKind.USER:
            return mapping.user_quota(self._user(holder.ref))
        raise no_namespace_quota()

    def set_quota(self, holder: Holder, quota: Quota) -> Quota:
        if holder.kind is HolderKind.NAMESPACE:
            raise no_namespace_quota()
        limits.check_quota(quota)
        if holder.kind is HolderKind.BUCKET:
            self._limit_bucket(holder.ref, quota)
        else:
            self._limit_user(holder.ref, quota)
        return self.get_quota(holder)

    def _limit_bucket(self, bucket: Ref, quota: Quota) -> None:
        with self._changing_bucket(bucket.name):
            self._our_owner(self._bucket_by_name_alone(bucket))
            self._set_bucket_quota(bucket, quota)

    def _limit_user(self, user: Ref, quota: Quota) -> None:
        uid = self._uid(user)
        with self._changing_user(uid):
            self._our_user(user)
            self._set_user_quota(uid, "quota", quota)

    def get_usage(self, holder: Holder) -> Usage:
        return limits.usage_record(*self._buckets_of(holder))

    def _buckets_of(self, holder: Holder) -> tuple[list[Json], datetime]:
        """Their rows and when these were asked for."""
        now = datetime.now(UTC)
        if holder.kind is HolderKind.BUCKET:
            return [self._bucket(holder.ref)], now
        if holder.kind is HolderKind.USER:
            self._user(holder.ref)
            return self._croit.list_buckets_of(self._uid(holder.ref)), now
        tenant = self._require_namespace(holder.ref.name)
        rows, moment = self._all_buckets.get()
        return [row for row in rows if mapping.bucket_tenant(row) == tenant], moment

    def get_capacity(self) -> Capacity:
        """The S3 calls of croit know nothing of the cluster's space, only what buckets hold."""
        used = limits.usage_record(*self._all_buckets.get()).used_bytes
        return Capacity(
            total_bytes=None, used_bytes=used, free_bytes=None, allocated_bytes=None, raw=False
        )
