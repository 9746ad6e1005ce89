"""ONTAP's snapshots as ours. Pure functions."""

from datetime import datetime

from storage_api.backends.netapp.client import Json
from storage_api.domain.models import Snapshot
from storage_api.domain.units import KIB, ceil_div

#: What is asked of a snapshot. ``delta`` and ``reclaimable_space`` are computed when asked for.
FIELDS = "uuid,name,create_time,size,comment,owners"

#: The baselines of a replication; without the last common one it must start all over.
_REPLICATION_PREFIXES = ("snapmirror.", "vserverdr.")
#: Owners whose name ends so do not keep a snapshot from being deleted.
_HARMLESS_OWNER = "dependent"


def snapshot_record(row: Json) -> Snapshot:
    size, created = row.get("size"), row.get("create_time")
    return Snapshot(
        name=row["name"],
        size_kbytes=None if size is None else ceil_div(size, KIB),
        creation_time=None if created is None else datetime.fromisoformat(created),
    )


def oldest_first(rows: list[Json]) -> list[Json]:
    """By time of creation, which ONTAP tells in whole seconds; within one by name."""
    return sorted(rows, key=lambda row: (_age(row), row["name"]))


def holders(row: Json) -> list[str]:
    """What depends on the snapshot, in ONTAP's words (``volume clone``, ``snapmirror``, …)."""
    owners: list[str] = row.get("owners") or []
    return [owner for owner in owners if not owner.endswith(_HARMLESS_OWNER)]


def purgeable(rows: list[Json]) -> list[Json]:
    """Those that nothing is known to need, the oldest first."""
    return [
        row
        for row in oldest_first(rows)
        if not holders(row) and not row["name"].startswith(_REPLICATION_PREFIXES)
    ]


def _age(row: Json) -> tuple[bool, float]:
    """A snapshot whose time is not known counts as the newest: it is never purged before others."""
    created = row.get("create_time")
    return (created is None, datetime.fromisoformat(created).timestamp() if created else 0.0)
