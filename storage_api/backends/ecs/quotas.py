"""Quotas of namespaces and buckets."""

from contextlib import AbstractContextManager
from typing import ClassVar, NamedTuple

from storage_api.backends.accounting import Holder, QuotaStore
from storage_api.backends.ecs import mapping_quotas as mapping
from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.client import Path
from storage_api.backends.ecs.errors import AMBIGUOUS, is_absent, is_refused, refusal_of
from storage_api.backends.ecs.wire import Json, Query
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import (
    BackendMisbehaved,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)
from storage_api.domain.models import Quota, Ref

_BAD_BODY = 1013


class Place(NamedTuple):
    """Where the quota of ``holder`` is in ECS."""

    holder: str
    path: Path
    query: Query
    body: Json


class Quotas(EcsBase, QuotaStore):
    quota_holders: ClassVar[frozenset[HolderKind]] = frozenset(
        {HolderKind.NAMESPACE, HolderKind.BUCKET}
    )

    def get_quota(self, holder: Holder) -> Quota:
        return mapping.quota_record(self._quota_row(self._place(holder)))

    def set_quota(self, holder: Holder, quota: Quota) -> Quota:
        mapping.check_quota(quota)
        place = self._place(holder)
        with self._changing(holder):
            return self._replace_quota(place, quota)

    def _replace_quota(self, place: Place, quota: Quota) -> Quota:
        """The caller holds the lock, and has checked ``quota``."""
        before = self._quota_row(place)
        wanted = mapping.rounded(quota)
        try:
            if not wanted.enabled:
                self._remove(place, before)
            else:
                self._put(place, before, quota)
        except AMBIGUOUS as error:
            if self._after(error, lambda: self._quota(place)) != wanted:
                raise
        finally:
            self._forget_capacity()
        found = self._quota(place)
        if found != wanted:
            raise BackendMisbehaved(
                f"{self._name} took the quota of the {place.holder}, but does not show it."
            )
        return found

    def _put(self, place: Place, before: Json, quota: Quota) -> None:
        known = mapping.counts_objects(before)
        body = mapping.quota_body(quota, counts=True if known else None)
        try:
            self._ecs.put(place.path, {**place.body, **body})
        except StorageError as error:
            refusal = refusal_of(error)
            bad_body = refusal is not None and refusal.code == _BAD_BODY
            if bad_body and not known and mapping.wants_counts(quota):
                raise Invalid("This release of ECS has no limits on objects, only on bytes.") from (
                    error
                )
            raise

    def _remove(self, place: Place, before: Json) -> None:
        if mapping.quota_record(before).enabled:
            try:
                self._ecs.delete(place.path, place.query)
            except StorageError as error:
                # It is read back: a quota that went meanwhile is gone, a holder is not found.
                if not (is_refused(error) and is_absent(error)):
                    raise

    def _quota(self, place: Place) -> Quota:
        return mapping.quota_record(self._quota_row(place))

    def _quota_row(self, place: Place) -> Json:
        found = self._ecs.find(place.path, place.query)
        if found is None:
            raise NotFound(f"There is no {place.holder}.")
        return found

    def _place(self, holder: Holder) -> Place:
        if holder.kind is HolderKind.NAMESPACE:
            return namespace_place(holder.ref.name)
        if holder.kind is HolderKind.BUCKET:
            return bucket_place(self._namespace(holder.ref.namespace), holder.ref)
        raise NotSupported("ECS has no quotas of users; set one on their namespace or buckets.")

    def _changing(self, holder: Holder) -> AbstractContextManager[None]:
        if holder.kind is HolderKind.NAMESPACE:
            return self._changing_namespace(holder.ref.name)
        return self._changing_bucket(self._namespace(holder.ref.namespace), holder.ref.name)


def namespace_place(name: str) -> Place:
    path = ("object", "namespaces", "namespace", name, "quota")
    return Place(f"namespace {name!r}", path, {}, {})


def bucket_place(namespace: str, bucket: Ref) -> Place:
    path = ("object", "bucket", bucket.name, "quota")
    wanted = {"namespace": namespace}
    return Place(f"bucket {str(bucket)!r}", path, wanted, wanted)
