"""Allocations: a namespace with its quota, owner, key and bucket, made as one."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict, Unpack, cast

from storage_api_client.families.family import Family
from storage_api_client.records import (
    Allocation,
    AllocationFilters,
    AllocationPatch,
    NewAllocation,
)


class AllocationBody(TypedDict):
    """``AllocationCreate`` without the name."""

    size_bytes: NotRequired[int]
    unlimited: NotRequired[bool]
    namespace: NotRequired[str]
    bucket: NotRequired[str]
    domain: NotRequired[str]
    groups: NotRequired[list[str]]
    replication_group: NotRequired[str]
    nfs_share: NotRequired[bool]


class Allocations(Family):
    """``/v3/<e>/allocations``."""

    def list(self, **filters: Unpack[AllocationFilters]) -> Iterator[Allocation]:
        """As they are recorded: limits and usage are ``None``."""
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> Allocation:
        """With its limits and usage."""
        return cast("Allocation", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[AllocationBody]) -> NewAllocation:
        """Make it, go on with one that broke off, or find it just so.

        Give either ``size_bytes`` or ``unlimited=True``. The secret is told once. If it is
        ``None``, because the allocation was there already or the first answer got lost, rotate
        the owner's key.
        """
        whole = {"name": name, **body}
        return cast("NewAllocation", self._caller.post(self._path, whole, repeatable=True))

    def update(self, name: str, /, **body: Unpack[AllocationPatch]) -> Allocation:
        """Set another size; not below what is stored, unless ``force``."""
        return cast("Allocation", self._caller.patch(self._at(name), body))

    def delete(self, name: str, /) -> None:
        """Delete one that holds no data, or was made half-way."""
        self._caller.delete(self._at(name))
