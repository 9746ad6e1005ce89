"""Everything that Waldur said at one moment, ready to be served.

Items are encoded once, so that a page is nothing but joined bytes; a filter is worked
out once, and then remembered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import orjson

from storage_api.backends.cscs.items import Bodies, Customer, Item
from storage_api.backends.cscs.mapping import Allocation
from storage_api.backends.orders import ResourceFilter

COLLISION = "path_collision"
NO_GID = "gid_not_found"
NO_GID_SERVICE = "gid_service_unavailable"
_REMEMBERED_FILTERS = 128


@dataclass(frozen=True, slots=True)
class Entry:
    """An allocation with its group; ``problem`` says why the CSCS document leaves it out."""

    allocation: Allocation
    gid: int | None
    problem: str | None

    @property
    def is_removed(self) -> bool:
        return self.allocation.status == "removed"


#: A parent's level, its slug, and the offering and data type for which it stands there.
_Key = tuple[str, str, str, str]


class Skipped(NamedTuple):
    offering_slug: str | None
    item_id: str | None
    reason: str


class _Listed(NamedTuple):
    """An item of the document and what filters ask of it; a parent has its children's states."""

    body: bytes
    offering_slug: str
    data_type: str
    status: str
    states: set[str]


def volume_name(path: str) -> str:
    """A path without its first slash: what a volume is called. Equal names are equal places."""
    return "/".join(part for part in path.split("/") if part)


def collisions(allocations: Iterable[Allocation]) -> set[str]:
    """The names that more than one allocation claims; what is removed claims nothing."""
    live = (volume_name(each.path) for each in allocations if each.status != "removed")
    return {name for name, times in Counter(live).items() if times > 1}


class Snapshot:
    """Immutable but for what it remembers; safe to share between threads."""

    def __init__(
        self,
        entries: Sequence[Entry],
        customers: Mapping[str, Customer],
        bodies: Bodies,
        *,
        malformed: Sequence[Skipped] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        self.entries = entries
        self.customers = customers
        self.warnings = warnings
        self.skipped = [*malformed, *_skipped(entries)]
        self._listed = _Hierarchy(customers, bodies).listed(entries)
        self._selections: dict[tuple[str | None, ResourceFilter], Sequence[bytes]] = {}
        self._encoded_skipped: dict[str | None, bytes] = {}

    def items(self, wanted: ResourceFilter, offering_slug: str | None) -> Sequence[bytes]:
        """What ``wanted`` keeps; ``offering_slug`` is that of its storage system."""
        key = (offering_slug, wanted)
        found = self._selections.get(key)
        if found is None:
            found = [
                each.body
                for each in self._listed
                if (offering_slug is None or each.offering_slug == offering_slug)
                and (wanted.data_type is None or each.data_type == wanted.data_type)
                and (wanted.status is None or each.status == wanted.status)
                and (wanted.state is None or wanted.state in each.states)
            ]
            if len(self._selections) < _REMEMBERED_FILTERS:
                self._selections[key] = found
        return found

    def skipped_json(self, offering_slug: str | None) -> bytes:
        """What the document leaves out of this offering, or of all."""
        found = self._encoded_skipped.get(offering_slug)
        if found is None:
            found = self._encoded_skipped[offering_slug] = orjson.dumps(
                [
                    {"itemId": each.item_id, "reason": each.reason}
                    for each in self.skipped
                    if offering_slug is None or each.offering_slug in {offering_slug, None}
                ]
            )
        return found

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Entry]]:
        """All entries of each volume name, also those that are removed."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(volume_name(entry.allocation.path), []).append(entry)
        return found


def _skipped(entries: Iterable[Entry]) -> list[Skipped]:
    return [
        Skipped(entry.allocation.offering_slug, entry.allocation.uuid, entry.problem)
        for entry in entries
        if entry.problem is not None
    ]


class _Hierarchy:
    """Tenants and customers as they are met, each once for its offering and data type.

    They stay although everything below them may be left out.
    """

    def __init__(self, customers: Mapping[str, Customer], bodies: Bodies) -> None:
        self._customers = customers
        self._bodies = bodies
        self._writer = bodies.writer
        self._parents: dict[_Key, tuple[Item, set[str]]] = {}

    def listed(self, entries: Iterable[Entry]) -> list[_Listed]:
        shown: list[tuple[Allocation, int, str | None]] = []
        for entry in entries:
            parent = self._parent_of(entry.allocation)
            if entry.problem is None and entry.gid is not None:
                shown.append((entry.allocation, entry.gid, parent))
        bodies = self._bodies.of_projects(shown)
        return [
            *(_parent(key, item, states) for key, (item, states) in self._parents.items()),
            *(_project(each[0], body) for each, body in zip(shown, bodies, strict=True)),
        ]

    def _parent_of(self, allocation: Allocation) -> str | None:
        place = (allocation.offering_slug, allocation.data_type)
        key = ("tenant", allocation.tenant_slug, *place)
        if key not in self._parents:
            self._parents[key] = (self._writer.tenant(allocation), set())
        tenant, states = self._parents[key]
        states.add(allocation.state)
        customer = self._customers.get(allocation.customer_slug)
        if customer is None:
            return None
        key = ("customer", customer.slug, *place)
        if key not in self._parents:
            item = self._writer.customer(allocation, customer, tenant["itemId"])
            self._parents[key] = (item, set())
        self._parents[key][1].add(allocation.state)
        return customer.uuid


def _parent(key: _Key, item: Item, states: set[str]) -> _Listed:
    _, _, offering_slug, data_type = key
    return _Listed(orjson.dumps(item), offering_slug, data_type.lower(), item["status"], states)


def _project(allocation: Allocation, body: bytes) -> _Listed:
    data_type, states = allocation.data_type.lower(), {allocation.state}
    return _Listed(body, allocation.offering_slug, data_type, allocation.status, states)
