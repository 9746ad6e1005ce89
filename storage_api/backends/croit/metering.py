"""Everybody's usage: of users out of croit's statistics over time, of buckets as they are now."""

from abc import abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from storage_api.backends.accounting import Holder
from storage_api.backends.croit import limits, mapping
from storage_api.backends.croit.base import CroitBase, log
from storage_api.backends.croit.client import Json
from storage_api.backends.croit.series import (
    STEP_SECONDS,
    Point,
    Stretch,
    points,
    query_names,
    stretches,
)
from storage_api.backends.metering import UsageSample, UsageSampler
from storage_api.backends.rgw_names import MARKER, split_uid
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.models import Ref
from storage_api.transport.shared import Shared

#: Points of one query; croit thins longer answers by averaging.
_MOST_POINTS = 2000
_WINDOW = _MOST_POINTS * STEP_SECONDS
#: How far back the very first pass looks, and any later one.
_FIRST, _LONGEST = timedelta(days=1), timedelta(days=31)
#: Statistics of the last minutes may come late.
_LATE = timedelta(minutes=15)


class Metering(CroitBase, UsageSampler):
    @property
    @abstractmethod
    def _series_names(self) -> Shared[list[Json]]:
        """How users are called in queries, which costs croit much and seldom changes."""

    def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:
        """A user's series since the last pass; what croit has none for, or no more, as it is now.

        Series count bytes only. A bucket, user or namespace that croit cannot measure, or of
        which one bucket has no statistics, is unmeasured as a whole.
        """
        uids = [mapping.user_id(row) for row in self._croit.list_users()]
        rows, moment = self._all_buckets.get()
        by_user: dict[str, list[Json]] = {uid: [] for uid in uids}
        by_tenant: dict[str, list[Json]] = {split_uid(uid)[0]: [] for uid in uids}
        for row in rows:
            by_user.setdefault(mapping.bucket_owner(row), []).append(row)
            by_tenant.setdefault(mapping.bucket_tenant(row), []).append(row)
            bucket = mapping.bucket_record(row, moment)
            holder = Holder(HolderKind.BUCKET, Ref(bucket.namespace, bucket.name))
            yield _now(holder, [row], moment, bucket.owner)
        for tenant, held in by_tenant.items():
            if tenant:
                yield _now(Holder(HolderKind.NAMESPACE, Ref(None, tenant)), held, moment)
        names = query_names(self._series_names.get()[0])
        start, end = _period(since)
        for uid, owned in by_user.items():
            tenant, name = split_uid(uid)
            if name == MARKER:
                continue
            holder = Holder(HolderKind.USER, Ref(tenant or None, name))
            past = self._past(uid, names.get(uid), start, end)
            yield from (_stretch(holder, each) for each in past)
            if not past or _has_stopped(past, end):
                yield _now(holder, owned, moment)

    def _past(self, uid: str, query_name: str | None, start: int, end: int) -> list[Stretch]:
        """What croit measured; nothing where it has no series, or one that cannot be true."""
        if query_name is None:
            return []
        try:
            found = [*self._points(query_name, start, end)]
        except BackendMisbehaved as error:
            log.warning("series-not-understood", uid=uid, reason=str(error))
            return []
        return list(stretches(found, start, end))

    def _points(self, query_name: str, start: int, end: int) -> Iterator[Point]:
        for begin in range(start, end, _WINDOW):
            until = min(begin + _WINDOW, end)
            found = self._croit.user_series(query_name, begin, until - 1, _MOST_POINTS)
            yield from points(found) if found is not None else ()


def _has_stopped(past: list[Stretch], end: int) -> bool:
    """Whether the series tells nothing of the last minutes, longer than it may be late."""
    last = past[-1].at + past[-1].lasted
    return last + _LATE < datetime.fromtimestamp(end, UTC)


def _period(since: datetime | None) -> tuple[int, int]:
    """Unix seconds, of whole points; the point that is still being measured is left out."""
    now = datetime.now(UTC)
    begin = now - _FIRST if since is None else max(since - _LATE, now - _LONGEST)
    last = int(now.timestamp()) // STEP_SECONDS * STEP_SECONDS
    return min(int(begin.timestamp()) // STEP_SECONDS * STEP_SECONDS, last), last


def _stretch(holder: Holder, each: Stretch) -> UsageSample:
    return UsageSample(
        holder=holder,
        at=each.at,
        used_bytes=each.used_bytes,
        used_objects=None,
        lasted=each.lasted,
    )


def _now(
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
