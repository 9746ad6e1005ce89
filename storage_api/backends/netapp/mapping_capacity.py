"""The space of ONTAP's aggregates as our capacity. Pure functions."""

from collections.abc import Iterable

from storage_api.backends.netapp.client import Json
from storage_api.domain.models import Capacity

#: What is asked of an aggregate.
FIELDS = "name,space.block_storage.size,space.block_storage.used,space.block_storage.available"

#: Aggregates of the nodes' own; no SVM's volumes belong there.
_ROOT_PREFIX = "aggr0"


def capacity_record(
    assigned: list[Json], cluster: list[Json] | None, sizes: Iterable[int | None]
) -> Capacity:
    """``assigned``: the SVM's aggregates; ``cluster``: all, unless the account may not see them."""
    usable = None if cluster is None else _usable(assigned, cluster)
    free = _sum(row.get("available_size") for row in assigned) if assigned else None
    return Capacity(
        total_bytes=_space(usable, "size"),
        used_bytes=_space(usable, "used"),
        free_bytes=free if usable is None else _space(usable, "available"),
        allocated_bytes=_sum(sizes),
        raw=False,
    )


def _usable(assigned: list[Json], cluster: list[Json]) -> list[Json]:
    """The rows of the SVM's aggregates; an empty one for an aggregate that is not shown."""
    rows = {row["name"]: row for row in cluster}
    if assigned:
        return [rows.get(row["name"], {}) for row in assigned]
    return [row for name, row in rows.items() if not name.startswith(_ROOT_PREFIX)]


def _space(aggregates: list[Json] | None, figure: str) -> int | None:
    if not aggregates:
        return None
    return _sum(
        ((row.get("space") or {}).get("block_storage") or {}).get(figure) for row in aggregates
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total
