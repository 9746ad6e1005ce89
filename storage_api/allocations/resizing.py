"""Another size for an allocation: two limits that must move in the right order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from storage_api.allocations.entry import Entry
from storage_api.allocations.host import Host
from storage_api.allocations.making import bucket_holder, check_limit, namespace_holder, undoing
from storage_api.backends.accounting import Holder
from storage_api.domain.errors import Conflict, NotFound, StorageError
from storage_api.domain.models import Quota

if TYPE_CHECKING:
    from storage_api.allocations.store import Store

log = structlog.get_logger(__name__)


def resize(store: Store, host: Host, entry: Entry, size: int | None, *, force: bool) -> None:
    """The namespace grows before its bucket and shrinks after it: neither ever exceeds it.

    Where a limit cannot be set the first one is put back.

    Raises:
        Conflict: more is stored than ``size``, or nobody knows how much, without ``force``; or
            a part of the allocation is gone.
    """
    wish = replace(entry.wish, size_bytes=size)
    wanted = host.plan_allocation(wish).quota
    try:
        _set_both(host, entry, wanted, force=force)
    except NotFound as error:
        raise Conflict(f"Something removed a part of the allocation: {error}") from error
    entry.wish = wish
    entry.detail = None
    store.save(entry)


def _set_both(host: Host, entry: Entry, wanted: Quota, *, force: bool) -> None:
    namespace = namespace_holder(entry.wish.namespace)
    bucket = bucket_holder(entry.wish.namespace, entry.wish.bucket)
    before = {holder: host.get_quota(holder) for holder in (namespace, bucket)}
    shrinks = _shrinks(before[namespace], wanted)
    if shrinks and not force:
        _check_use(host, namespace, wanted)
    first, second = (bucket, namespace) if shrinks else (namespace, bucket)
    try:
        for holder in (first, second):
            _set(host, entry, holder, _resized(before[holder], wanted))
    except StorageError as error:
        _put_back(host, entry, first, before[first], error)
        raise


def _put_back(
    host: Host, entry: Entry, holder: Holder, before: Quota, reason: StorageError
) -> None:
    """Add to ``reason`` if that fails too."""
    try:
        with undoing():
            _set(host, entry, holder, before)
    except StorageError as error:
        log.warning("allocation-half-resized", holder=str(holder.ref), reason=str(error))
        reason.args = (
            f"{reason} The limit of the {holder.kind} could not be put back: repeat the request.",
        )


def _set(host: Host, entry: Entry, holder: Holder, quota: Quota) -> None:
    check_limit(entry.backend, host.set_quota(holder, quota), quota)


def _resized(former: Quota, wanted: Quota) -> Quota:
    """Limits on objects, which somebody may have set since, stay."""
    resized = replace(former, max_bytes=wanted.max_bytes, soft_bytes=wanted.soft_bytes)
    limits = (resized.max_bytes, resized.max_objects, resized.soft_bytes, resized.soft_objects)
    return replace(resized, enabled=any(limit is not None for limit in limits))


def _shrinks(former: Quota, wanted: Quota) -> bool:
    if wanted.max_bytes is None:
        return False
    return former.max_bytes is None or wanted.max_bytes < former.max_bytes


def _check_use(host: Host, namespace: Holder, wanted: Quota) -> None:
    usage = host.get_usage(namespace)
    if usage.used_bytes is None or usage.stale:
        raise Conflict(
            "How much is stored is not known well enough, so it is not made smaller without force."
        )
    if wanted.max_bytes is not None and usage.used_bytes > wanted.max_bytes:
        raise Conflict(f"{usage.used_bytes} bytes are stored, which is more than the new size.")
