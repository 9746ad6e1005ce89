"""Quotas on buckets, users and namespaces: part of their records."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from storage_api.backends.accounting import Holder, QuotaStore
from storage_api.backends.dummy.family import Family, require
from storage_api.backends.dummy.kinds import BUCKET, NAMESPACE, USER, Kind
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Quota

HOLDERS: Mapping[HolderKind, Kind[Any]] = {
    HolderKind.BUCKET: BUCKET,
    HolderKind.USER: USER,
    HolderKind.NAMESPACE: NAMESPACE,
}


class DummyQuotas(Family, QuotaStore):
    quota_holders = frozenset(HolderKind)

    def get_quota(self, holder: Holder) -> Quota:
        with self._store.view() as view:
            quota: Quota = require(view, HOLDERS[holder.kind], holder.ref).quota
            return quota

    def set_quota(self, holder: Holder, quota: Quota) -> Quota:
        kind = HOLDERS[holder.kind]
        with self._store.transaction() as tx:
            found = require(tx, kind, holder.ref)
            if found.quota != quota:
                tx.put(kind, holder.ref, replace(found, quota=quota))
        return quota
