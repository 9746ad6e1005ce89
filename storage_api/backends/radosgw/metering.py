"""Everybody's usage out of one reading of all buckets' statistics and one list of users."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from storage_api.backends.accounting import Holder
from storage_api.backends.metering import UsageSample, UsageSampler
from storage_api.backends.radosgw import limits, mapping
from storage_api.backends.radosgw.base import RadosgwBase
from storage_api.backends.radosgw.client import Json
from storage_api.backends.rgw_names import MARKER, split_uid
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Ref


class Metering(RadosgwBase, UsageSampler):
    def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:  # noqa: ARG002  # no history
        """What is stored now: RGW keeps no history.

        A user or namespace with one bucket that RGW cannot measure is unmeasured as a whole.
        """
        uids = self._admin.list_uids()
        rows, moment = self._all_buckets.get()
        by_user: dict[str, list[Json]] = {uid: [] for uid in uids}
        by_tenant: dict[str, list[Json]] = defaultdict(list)
        for uid in uids:
            _ = by_tenant[split_uid(uid)[0]]
        for row in rows:
            uid, tenant = mapping.owner_uid(row), mapping.bucket_tenant(row)
            by_user.setdefault(uid, []).append(row)
            by_tenant[tenant].append(row)
            bucket = mapping.bucket_record(row, moment)
            holder = Holder(HolderKind.BUCKET, Ref(bucket.namespace, bucket.name))
            yield _sample(holder, [row], moment, bucket.owner)
        for uid, owned in by_user.items():
            tenant, name = split_uid(uid)
            if name != MARKER:
                yield _sample(Holder(HolderKind.USER, Ref(tenant or None, name)), owned, moment)
        for tenant, held in by_tenant.items():
            if tenant:
                yield _sample(Holder(HolderKind.NAMESPACE, Ref(None, tenant)), held, moment)


def _sample(
    holder: Holder, rows: list[Json], moment: datetime, owner: str | None = None
) -> UsageSample:
    usage = limits.usage_record(rows, moment)
    return UsageSample(
        holder=holder,
        at=moment,
        used_bytes=usage.used_bytes,
        used_objects=usage.used_objects,
        owner=owner,
    )
