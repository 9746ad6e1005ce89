"""Another size for an allocation: two limits that must move in the right order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage_api.allocations.entry import Entry
from storage_api.allocations.host import Host
from storage_api.allocations.making import bucket_holder, check_limit, namespace_holder
from storage_api.backends.accounting import Holder
from storage_api.domain.errors import Conflict, StorageError
from storage_api.domain.models import Quota

if TYPE_CHECKING:
    from storage_api.allocations.store import Store


def resize(store: Store, host: Host, entry: Entry, size: int | None, *, force: bool) -> None:
    """The namespace grows before its bucket and shrinks after it: neither ever exceeds it.

    Where the second limit cannot be set the first one is put back.

    Raises:
        Conflict: more is stored than ``size``, or nobody knows how much, without ``force``.
    """
    wish = replace(entry.wish, size_bytes=size)
    wanted = host.plan_allocation(wish).quota
    namespace = namespace_holder(wish.namespace)
    bucket = bucket_holder(wish.namespace, wish.bucket)
    former = host.get_quota(namespace)
    shrinks = _shrinks(former, wanted)
    if shrinks and not force:
        _check_use(host, namespace, wanted)
    first, second = (bucket, namespace) if shrinks else (namespace, bucket)
    before = host.get_quota(first)
    _set(host, first, _resized(before, wanted))
    try:
        _set(host, second, _resized(host.get_quota(second), wanted))
    except StorageError:
        _set(host, first, before)
        raise
    entry.wish = wish
    entry.detail = None
    store.save(entry)


def _set(host: Host, holder: Holder, quota: Quota) -> None:
    check_limit(host.set_quota(holder, quota), quota)


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
    used = host.get_usage(namespace).used_bytes
    if used is None:
        raise Conflict("How much is stored is not known, so it is not made smaller without force.")
    if wanted.max_bytes is not None and used > wanted.max_bytes:
        raise Conflict(f"{used} bytes are stored, which is more than the new size.")
