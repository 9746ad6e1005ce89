"""A note for whoever reviews a request, if the back-end has not the room for it."""

from coldfront.core.allocation.models import Allocation, AllocationChangeRequest

from coldfront_storage_api import attributes, record
from coldfront_storage_api.connection import client
from coldfront_storage_api.selection import Target, targets


def advise(allocation: Allocation, change_pk: int | None = None) -> None:
    """Write a note where more is asked for than is free; nothing is refused."""
    for target in targets(allocation):
        wanted = _wanted(target, change_pk)
        # A request that asks for no more waits for no service.
        free = free_bytes(target) if wanted is not None and wanted > 0 else None
        if wanted is not None and free is not None and wanted > free:
            text = f"{target.resource.name}: {wanted} bytes are asked for, {free} are free."
            record.note(allocation, text)


def free_bytes(target: Target) -> int | None:
    """What the back-end has left; ``None`` if it does not tell."""
    free: int | None = client().backend(target.endpoint).capacity().get("free_bytes")
    return free


def _wanted(target: Target, change_pk: int | None) -> int | None:
    """How many bytes more than now."""
    if change_pk is None:
        asked = attributes.value(target.allocation, target.quota_attribute)
        return target.bytes_of(asked) if asked is not None else None
    change = AllocationChangeRequest.objects.get(pk=change_pk)
    for row in change.allocationattributechangerequest_set.all():
        if row.allocation_attribute.allocation_attribute_type.name == target.quota_attribute:
            now = target.bytes_of(row.allocation_attribute.value)
            return target.bytes_of(row.new_value) - now
    return None
