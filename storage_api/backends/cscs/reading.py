"""Asks Waldur and the GID service, and makes a snapshot of what they say."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import structlog

from storage_api.backends.cscs.client import Json, WaldurClient
from storage_api.backends.cscs.gids import GidResolver, Gids
from storage_api.backends.cscs.ids import dashed
from storage_api.backends.cscs.items import Bodies, Customer, ItemWriter, kept_gid
from storage_api.backends.cscs.mapping import Allocation, Rules, read_allocation
from storage_api.backends.cscs.rows import Malformed
from storage_api.backends.cscs.snapshot import (
    COLLISION,
    NO_GID,
    NO_GID_SERVICE,
    Entry,
    Skipped,
    Snapshot,
    collisions,
    volume_name,
)
from storage_api.backends.uncollected import uncollected

log = structlog.get_logger(__name__)


class Reader:
    """Reads the offerings of one configured back-end."""

    def __init__(
        self,
        client: WaldurClient,
        gids: GidResolver,
        rules: Rules,
        writer: ItemWriter,
        offering_slugs: Iterable[str],
    ) -> None:
        self._client = client
        self._gids = gids
        self._rules = rules
        self._offering_slugs = list(dict.fromkeys(offering_slugs))
        #: Of the last reading: most rows are as they were, and comparing them costs little.
        self._last: Mapping[str, tuple[Json, Allocation]] = {}
        self._bodies = Bodies(writer)

    def snapshot(self) -> Snapshot:
        """What Waldur says now.

        Raises:
            BackendError: Waldur cannot be asked. A GID service that is down only costs the
                items whose group is not known yet.
        """
        return self.snapshot_of(self.rows())

    def rows(self) -> list[Json]:
        return self._client.list_resources(self._offering_slugs)

    def snapshot_of(self, rows: Iterable[Json]) -> Snapshot:
        with uncollected():
            allocations, malformed = self._read(rows)
        customers, gids = self._beside(allocations)
        shared = collisions(allocations)
        entries = [_entry(each, gids, shared) for each in allocations]
        lacking = sum(entry.problem == NO_GID_SERVICE for entry in entries)
        warnings = []
        if gids.problem is not None:
            warnings.append(f"{gids.problem} {lacking} items are left out.")
        if malformed or shared:
            log.warning("items-left-out", malformed=len(malformed), collisions=sorted(shared)[:10])
        with uncollected():
            return Snapshot(
                entries, customers, self._bodies, malformed=malformed, warnings=warnings
            )

    def entry_of(self, row: Json) -> Entry:
        """One resource by itself.

        Raises:
            Malformed: it makes no sense.
        """
        allocation = read_allocation(row, self._rules)
        return _entry(allocation, self._gids.resolve(_unknown_projects([allocation])), set())

    def _read(self, rows: Iterable[Json]) -> tuple[list[Allocation], list[Skipped]]:
        read: dict[str, tuple[Json, Allocation]] = {}
        malformed = []
        for row in rows:
            last = self._last.get(dashed(row.get("uuid")) or "")
            if last is not None and last[0] == row:
                read[last[1].uuid] = last
                continue
            try:
                allocation = read_allocation(row, self._rules)
                read[allocation.uuid] = (row, allocation)
            except Malformed as error:
                offering = row.get("offering_slug")
                known = offering if isinstance(offering, str) else None
                malformed.append(Skipped(known, dashed(row.get("uuid")), f"malformed: {error}"))
        self._last = read
        return [allocation for _, allocation in read.values()], malformed

    def _beside(self, allocations: list[Allocation]) -> tuple[Mapping[str, Customer], Gids]:
        """The customers and the groups, which two different services are asked for."""
        offerings = list(dict.fromkeys(each.offering_uuid for each in allocations))
        with ThreadPoolExecutor(1) as pool:
            gids = pool.submit(
                copy_context().run, self._gids.resolve, _unknown_projects(allocations)
            )
            rows = self._client.list_customers_of(offerings)
            return _customers(rows), gids.result()


def _unknown_projects(allocations: Iterable[Allocation]) -> set[str]:
    return {each.project_slug for each in allocations if kept_gid(each) is None}


def _customers(rows: Iterable[Json]) -> dict[str, Customer]:
    customers = {}
    for row in rows:
        uuid, slug, name = dashed(row.get("uuid")), row.get("slug"), row.get("name")
        if uuid and isinstance(slug, str) and slug:
            customers[slug] = Customer(uuid, slug, name if isinstance(name, str) else "")
    return customers


def _entry(allocation: Allocation, gids: Gids, shared: set[str]) -> Entry:
    kept = kept_gid(allocation)
    gid = gids.known.get(allocation.project_slug) if kept is None else kept
    problem = None
    if allocation.status != "removed" and volume_name(allocation.path) in shared:
        problem = COLLISION
    elif gid is None:
        problem = NO_GID if gids.problem is None else NO_GID_SERVICE
    return Entry(allocation, gid, problem)
