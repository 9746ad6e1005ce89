"""Entries as records."""

from dataclasses import replace

from storage_api.allocations.entry import Entry
from storage_api.allocations.host import Host
from storage_api.allocations.making import bucket_holder, namespace_holder
from storage_api.backends.allocations import AllocationWish
from storage_api.domain.errors import BackendError, NotFound
from storage_api.domain.models import Allocation, AllocationState, Ref


def recorded(entry: Entry) -> Allocation:
    """Without asking the back-end."""
    wish = entry.wish
    return Allocation(
        name=wish.name,
        namespace=wish.namespace,
        bucket=wish.bucket,
        owner=wish.owner,
        state=entry.state,
        detail=entry.detail,
        size_bytes=wish.size_bytes,
        nfs_share=wish.nfs_share,
        created=entry.created,
    )


def shown(host: Host, entry: Entry) -> Allocation:
    """With what the back-end tells of an active one."""
    allocation = recorded(entry)
    if entry.state is not AllocationState.ACTIVE:
        return allocation
    wish = entry.wish
    namespace = namespace_holder(wish.namespace)
    try:
        _check_owner(host, wish)
        return replace(
            allocation,
            quota=host.get_quota(namespace),
            bucket_quota=host.get_quota(bucket_holder(wish.namespace, wish.bucket)),
            usage=host.get_usage(namespace),
        )
    except NotFound as error:
        return replace(
            allocation,
            state=AllocationState.NEEDS_ATTENTION,
            detail=f"Something removed a part of it: {error}",
        )


def just_made(host: Host, entry: Entry) -> Allocation:
    """What the back-end cannot tell now is null: the secret told with it is told only once."""
    try:
        return shown(host, entry)
    except BackendError:
        return recorded(entry)


def _check_owner(host: Host, wish: AllocationWish) -> None:
    host.get_user(Ref(wish.namespace, wish.owner))
    bucket = host.get_bucket(Ref(wish.namespace, wish.bucket))
    if bucket.owner != wish.owner:
        raise NotFound(f"its bucket has another owner now, {bucket.owner!r}.")
