"""Which of an allocation's resources are storage of the service, and what they ask for."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from coldfront.core.allocation.models import Allocation
from coldfront.core.resource.models import Resource

from coldfront_storage_api import attributes, units
from coldfront_storage_api.failures import Misconfigured, Refused
from coldfront_storage_api.settings import current, name_match

SUBSYSTEM = "storage_api_subsystem"
DEFAULT_QUOTA = "Storage Quota (TB)"
_ENDPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


class Kind(StrEnum):
    """What an allocation becomes."""

    VOLUME = "volume"
    BUCKET = "bucket"
    NAMESPACE = "namespace"


@dataclass(frozen=True)
class Target:
    """One resource of one allocation, served by the back-end ``endpoint``."""

    allocation: Allocation
    resource: Resource
    endpoint: str

    @cached_property
    def kind(self) -> Kind:
        """Raises ``Misconfigured``."""
        told = self.setting("storage_api_kind")
        try:
            return Kind(told or "")
        except ValueError:
            raise Misconfigured(
                f"The resource's attribute storage_api_kind must be one of {', '.join(Kind)}."
            ) from None

    @property
    def stamp(self) -> str:
        """Whose the storage is, wherever a back-end can keep that: no two allocations share it."""
        return f"coldfront:{current().site}:{self.allocation.pk}:{self.resource.pk}"

    @property
    def uuid(self) -> uuid.UUID:
        """The stamp, where a back-end keeps a UUID."""
        return uuid.uuid5(uuid.NAMESPACE_URL, self.stamp)

    @property
    def quota_attribute(self) -> str:
        return self.setting("storage_api_quota_attribute") or DEFAULT_QUOTA

    def size(self) -> int:
        """The bytes that ColdFront grants.

        Raises:
            Refused: none are written, or no size.
        """
        granted = attributes.value(self.allocation, self.quota_attribute)
        if granted is None:
            # Nothing becomes unlimited because a number was forgotten.
            raise Refused(f"The allocation has no attribute {self.quota_attribute!r}.")
        return self.bytes_of(granted)

    def bytes_of(self, granted: object) -> int:
        """Raises ``Refused`` if it is no size."""
        return units.to_bytes(granted, self.quota_attribute, current().tb_bytes)

    def setting(self, name: str) -> str | None:
        """The attribute of the resource, or else of the nearest resource above that has it."""
        for resource in _upwards(self.resource):
            if (found := attributes.of_resource(resource, name)) is not None:
                return found
        return None


def targets(allocation: Allocation) -> list[Target]:
    """All of the allocation's resources that are storage of the service.

    A resource that only inherits from one that the allocation has too is the same storage.
    """
    resources = list(allocation.resources.order_by("pk"))
    present = {resource.pk for resource in resources}
    found = []
    for resource in resources:
        source = _source(resource)
        if source is None:
            continue
        holder, endpoint = source
        if holder.pk == resource.pk or holder.pk not in present:
            found.append(Target(allocation, resource, endpoint))
    return found


def endpoint_of(resource: Resource) -> str | None:
    """The back-end that serves the resource, if one does."""
    source = _source(resource)
    return source[1] if source else None


def _source(resource: Resource) -> tuple[Resource, str] | None:
    """The back-end's endpoint, and the resource that names it."""
    for holder in _upwards(resource):
        if (endpoint := attributes.of_resource(holder, SUBSYSTEM)) is not None:
            return holder, _checked(endpoint)
    match = name_match()
    return (resource, _checked(match)) if match and match in resource.name.lower() else None


def _checked(endpoint: str) -> str:
    if not _ENDPOINT.fullmatch(endpoint):
        raise Misconfigured(f"The attribute {SUBSYSTEM} does not name a back-end.")
    return endpoint


def _upwards(resource: Resource) -> Iterator[Resource]:
    """The resource and those above it; a circle, which ColdFront does not prevent, ends."""
    seen: set[int] = set()
    above: Resource | None = resource
    while above is not None and above.pk not in seen:
        seen.add(above.pk)
        yield above
        above = above.parent_resource
