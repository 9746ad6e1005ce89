"""The space of ONTAP's aggregates as our capacity. Pure functions."""

from collections.abc import Iterable

from storage_api.backends.netapp.mapping import ROOT_AGGREGATE, Row, checked
from storage_api.domain.models import Capacity, Volume

#: What is asked of an aggregate beside its name.
FIELDS = "space.block_storage.size,space.block_storage.used,space.block_storage.available"


@checked
def capacity_record(svms: Iterable[Row], cluster: list[Row], volumes: Iterable[Volume]) -> Capacity:
    """``svms``: ours, with the aggregates assigned to it, if any; it may use all otherwise.

    ``cluster``: every aggregate; empty if the account may not see them.
    """
    assigned = [row for svm in svms for row in svm.get("aggregates") or []]
    usable = _usable(assigned, cluster)
    free = _sum(row.get("available_size") for row in assigned) if assigned else None
    return Capacity(
        total_bytes=_space(usable, "size"),
        used_bytes=_space(usable, "used"),
        free_bytes=_space(usable, "available") if cluster else free,
        allocated_bytes=_sum(volume.size_total for volume in volumes),
        raw=False,
    )


def _usable(assigned: list[Row], cluster: list[Row]) -> list[Row]:
    """The rows of the SVM's aggregates; an empty one for an aggregate that is not shown."""
    rows = {row["name"]: row for row in cluster}
    if assigned:
        return [rows.get(row["name"], {}) for row in assigned]
    return [row for name, row in rows.items() if not name.startswith(ROOT_AGGREGATE)]


def _space(aggregates: list[Row], figure: str) -> int | None:
    """``None`` without any aggregate: there is nothing to know then, not nothing."""
    spaces = [row.get("space", {}).get("block_storage", {}) for row in aggregates]
    return _sum(space.get(figure) for space in spaces) if spaces else None


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total
