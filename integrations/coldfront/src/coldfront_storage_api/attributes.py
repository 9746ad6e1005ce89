"""ColdFront's attributes by the name of their type. Names of types are not unique there.

So everything here looks by name, takes the first row there is, and never asks for *the* type.
"""

from typing import Any

from coldfront.core.allocation.models import (
    Allocation,
    AllocationAttribute,
    AllocationAttributeType,
    AllocationAttributeUsage,
)
from coldfront.core.resource.models import Resource, ResourceAttribute, ResourceAttributeType

from coldfront_storage_api.failures import Misconfigured, Refused

#: What ColdFront's column holds. SQLite would take more, other databases fail.
MAX_LENGTH = 128


def value(allocation: Allocation, name: str) -> str | None:
    row = rows(allocation, name).first()
    return row.value.strip() or None if row is not None else None


def rows(allocation: Allocation, name: str) -> Any:
    """The allocation's attributes whose type has that name, oldest first."""
    return AllocationAttribute.objects.filter(
        allocation=allocation, allocation_attribute_type__name=name
    ).order_by("pk")


def put(allocation: Allocation, name: str, text: str) -> None:
    """Give the allocation one attribute of that name and value; a repeat changes nothing.

    Raises:
        Misconfigured: there is no such type.
    """
    row = rows(allocation, name).first()
    if row is None:
        add(allocation, name, text)
    elif row.value != text:
        row.value = text
        row.save()


def add(allocation: Allocation, name: str, text: str) -> AllocationAttribute:
    """Give the allocation one more attribute of that name.

    Raises:
        Misconfigured: there is no such type.
        Refused: the value is longer than ColdFront can keep.
    """
    if len(text) > MAX_LENGTH:
        raise Refused(f"ColdFront cannot keep a {name} of more than {MAX_LENGTH} characters.")
    kind = AllocationAttributeType.objects.filter(name=name).order_by("pk").first()
    if kind is None:
        raise Misconfigured(f"There is no attribute type {name!r}: run storage_api_setup.")
    return AllocationAttribute.objects.create(
        allocation=allocation, allocation_attribute_type=kind, value=text
    )


def set_usage(allocation: Allocation, name: str, used: float) -> bool:
    """Whether the allocation has an attribute of that name that shows usage; if so, set it."""
    for row in rows(allocation, name).select_related("allocation_attribute_type"):
        if row.allocation_attribute_type.has_usage:
            AllocationAttributeUsage.objects.update_or_create(
                allocation_attribute=row, defaults={"value": used}
            )
            return True
    return False


def of_resource(resource: Resource, name: str) -> str | None:
    """The resource's own attribute."""
    row = (
        ResourceAttribute.objects.filter(resource=resource, resource_attribute_type__name=name)
        .order_by("pk")
        .first()
    )
    return row.value.strip() or None if row is not None else None


def put_on_resource(resource: Resource, name: str, text: str) -> None:
    """As ``put``."""
    kind = ResourceAttributeType.objects.filter(name=name).order_by("pk").first()
    if kind is None:
        raise Misconfigured(f"There is no resource attribute type {name!r}: run storage_api_setup.")
    row = (
        ResourceAttribute.objects.filter(resource=resource, resource_attribute_type__name=name)
        .order_by("pk")
        .first()
    )
    if row is None:
        ResourceAttribute.objects.create(
            resource=resource, resource_attribute_type=kind, value=text
        )
    elif row.value != text:
        row.value = text
        row.save()
