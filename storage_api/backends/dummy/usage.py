"""Usage and capacity. No object is ever stored here, so what is used is truly nothing."""

from collections import defaultdict
from collections.abc import Iterable

from storage_api.backends.accounting import CapacityReporter, Holder, UsageReporter
from storage_api.backends.dummy.family import Family, now, require
from storage_api.backends.dummy.kinds import BUCKET, NAMESPACE, USER, VOLUME
from storage_api.backends.dummy.quotas import HOLDERS
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Bucket, Capacity, Quota, Ref, Usage
from storage_api.domain.units import TIB

#: The size that the dummy pretends to have, usable.
TOTAL_BYTES = 1024 * TIB


class DummyUsage(Family, UsageReporter, CapacityReporter):
    usage_holders = frozenset(HolderKind)

    def get_usage(self, holder: Holder) -> Usage:
        with self._store.view() as view:
            require(view, HOLDERS[holder.kind], holder.ref)
        return no_usage()

    def get_capacity(self) -> Capacity:
        return Capacity(
            total_bytes=TOTAL_BYTES,
            used_bytes=0,
            free_bytes=TOTAL_BYTES,
            allocated_bytes=self._allocated_bytes(),
            raw=False,
        )

    def _allocated_bytes(self) -> int:
        """Sizes of volumes, and of quotas the outermost: what is inside one is promised by it."""
        promised: defaultdict[Ref, list[Bucket]] = defaultdict(list)
        for bucket in self._store.all(BUCKET):
            promised[Ref(bucket.namespace, bucket.owner or "")].append(bucket)
        inside: defaultdict[str | None, int] = defaultdict(int)
        for user in self._store.all(USER):
            buckets = promised[Ref(user.namespace, user.name)]
            own = [_limit(bucket.quota, user.bucket_quota) for bucket in buckets]
            limit = _limit(user.quota)
            inside[user.namespace] += _total(own) if limit is None else limit
        for namespace in self._store.all(NAMESPACE):
            if (limit := _limit(namespace.quota)) is not None:
                inside[namespace.name] = limit
        volumes = _total(volume.size_total for volume in self._store.all(VOLUME))
        return volumes + sum(inside.values())


def no_usage() -> Usage:
    return Usage(used_bytes=0, used_objects=0, measured_at=now(), source="dummy")


def _limit(*quotas: Quota | None) -> int | None:
    """The bytes of the first quota that limits them."""
    limits = [quota.max_bytes for quota in quotas if quota and quota.enabled]
    return next((limit for limit in limits if limit is not None), None)


def _total(values: Iterable[int | None]) -> int:
    return sum(value or 0 for value in values)
