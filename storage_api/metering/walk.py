"""Measures a back-end that tells usage of one holder at a time: walks over all it has."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from storage_api.backends.accounting import Holder, UsageReporter
from storage_api.backends.metering import UsageSample
from storage_api.backends.objects import BucketStore, NamespaceStore, UserStore
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import NotFound, StorageError
from storage_api.domain.models import Ref, Usage

#: A figure that the back-end itself measured longer ago says nothing about now.
_TOO_OLD = timedelta(days=1)


def walk(backend: UsageReporter) -> Iterator[UsageSample]:
    """One sample of every bucket, user and namespace that the back-end measures.

    Raises:
        BackendError: somebody may be missing, for a list cannot be had.
    """
    named = [found.name for found in _namespaces(backend)]
    for name in named if HolderKind.NAMESPACE in backend.usage_holders else ():
        yield from _sample(backend, Holder(HolderKind.NAMESPACE, Ref(None, name)))
    default: str | None = getattr(backend, "default_namespace", None)
    for namespace in dict.fromkeys([default, *named]):
        yield from _buckets(backend, namespace)
        yield from _users(backend, namespace)


def _namespaces(backend: object) -> list[Any]:
    return backend.list_namespaces() if isinstance(backend, NamespaceStore) else []


def _buckets(backend: UsageReporter, namespace: str | None) -> Iterator[UsageSample]:
    if HolderKind.BUCKET not in backend.usage_holders or not isinstance(backend, BucketStore):
        return
    try:
        buckets = backend.list_buckets(namespace)
    except NotFound:  # the namespace went meanwhile
        return
    asked = datetime.now(UTC)
    for bucket in buckets:
        holder = Holder(HolderKind.BUCKET, Ref(namespace, bucket.name))
        if bucket.usage is None:
            yield from _sample(backend, holder, bucket.owner)
        else:
            yield _as_sample(holder, asked, bucket.usage, bucket.owner)


def _users(backend: UsageReporter, namespace: str | None) -> Iterator[UsageSample]:
    if HolderKind.USER not in backend.usage_holders or not isinstance(backend, UserStore):
        return
    try:
        users = backend.list_users(namespace)
    except NotFound:
        return
    for user in users:
        yield from _sample(backend, Holder(HolderKind.USER, Ref(namespace, user.name)))


def _sample(
    backend: UsageReporter, holder: Holder, owner: str | None = None
) -> Iterator[UsageSample]:
    """The one sample, or none of a holder that went meanwhile."""
    asked = datetime.now(UTC)
    try:
        usage = backend.get_usage(holder)
    except NotFound:
        return
    except StorageError:
        usage = Usage()
    yield _as_sample(holder, asked, usage, owner)


def _as_sample(holder: Holder, asked: datetime, usage: Usage, owner: str | None) -> UsageSample:
    """At the moment of asking: what the back-end measured a while ago is what it knows now."""
    outdated = usage.measured_at is not None and asked - usage.measured_at > _TOO_OLD
    return UsageSample(
        holder=holder,
        at=asked,
        used_bytes=None if outdated else usage.used_bytes,
        used_objects=None if outdated else usage.used_objects,
        owner=owner,
    )
