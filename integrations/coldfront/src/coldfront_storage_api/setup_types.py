"""The types of attributes that the plugin reads and writes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coldfront.core.allocation.models import AllocationAttributeType
from coldfront.core.allocation.models import AttributeType as AllocationValueType
from coldfront.core.resource.models import AttributeType as ResourceValueType
from coldfront.core.resource.models import ResourceAttributeType


@dataclass(frozen=True)
class Type:
    """Of an attribute of allocations. Flags count only where it is made."""

    name: str
    kind: str = "Text"
    usage: bool = False
    private: bool = True
    changeable: bool = False


RESOURCE = (
    ("storage_api_subsystem", "Text"),
    ("storage_api_kind", "Text"),
    ("storage_api_name_template", "Text"),
    ("storage_api_export_policy", "Text"),
    ("storage_api_quota_attribute", "Text"),
    ("capacity_tb", "Float"),
    ("used_tb", "Float"),
    ("free_tb", "Float"),
    ("allocated_tb", "Float"),
)
ALLOCATION = (
    Type("Namespace", private=False),
    Type("Bucket", private=False),
    Type("Subdirectory", private=False),
    Type("storage_api_id"),
    Type("storage_api_state"),
    Type("storage_api_error"),
)
#: What the fork has already, and upstream has not.
QUOTAS = (
    Type("Storage Quota (TB)", "Float", usage=True, private=False, changeable=True),
    Type("Quota_In_Bytes", "Int", usage=True, private=False),
)
ECS_RESOURCE = (("url", "Text"), ("replication_group", "Text"), ("ldap_domain", "Text"))
ECS_ALLOCATION = ALLOCATION[:2]

Say = Callable[[str], object]


def make_resource_types(wanted: tuple[tuple[str, str], ...], say: Say) -> None:
    for name, kind in wanted:
        found = ResourceAttributeType.objects.filter(name=name)
        if not _found(found, f"resource attribute {name}", say):
            value_type = _value_type(ResourceValueType, kind)
            ResourceAttributeType.objects.create(name=name, attribute_type=value_type)


def make_allocation_types(wanted: tuple[Type, ...], say: Say) -> None:
    """Make those that are absent; what an admin changed on the others stays."""
    for one in wanted:
        found = AllocationAttributeType.objects.filter(name=one.name)
        if not _found(found, f"allocation attribute {one.name}", say):
            AllocationAttributeType.objects.create(
                name=one.name,
                attribute_type=_value_type(AllocationValueType, one.kind),
                has_usage=one.usage,
                is_private=one.private,
                is_changeable=one.changeable,
            )


def _found(rows: Any, what: str, say: Say) -> bool:
    count: int = rows.count()
    several = f", {count} of this name: the oldest counts" if count > 1 else ""
    say(f"{what} ({'exists' if count else 'created'}{several})")
    return bool(count)


def _value_type(model: Any, name: str) -> Any:
    found = model.objects.filter(name=name).order_by("pk").first()
    return found if found is not None else model.objects.create(name=name)
