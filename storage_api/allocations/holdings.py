"""What a namespace holds beside the parts of its allocation."""

from storage_api.allocations.host import Host
from storage_api.backends.allocations import AllocationWish
from storage_api.domain.errors import NotFound


def of_others(host: Host, wish: AllocationWish) -> str | None:
    """In words; ``None`` if there is nothing else, or no such namespace."""
    name = wish.namespace
    try:
        buckets = [bucket for bucket in host.list_buckets(name) if bucket.name != wish.bucket]
        users = [user for user in host.list_users(name) if user.name != wish.owner]
    except NotFound:
        return None
    if not buckets and not users:
        return None
    return (
        f"namespace {name!r} with {len(buckets)} bucket(s) and {len(users)} user(s) that the "
        "allocation was not made with"
    )
