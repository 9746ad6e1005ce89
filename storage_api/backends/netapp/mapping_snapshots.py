"""ONTAP's snapshots as ours. Pure functions."""

from storage_api.backends.netapp.mapping import Row, checked, moment_of, whole
from storage_api.domain.models import Snapshot
from storage_api.domain.units import KIB, ceil_div

#: What is asked of a snapshot. ``delta`` and ``reclaimable_space`` are computed when asked for.
FIELDS = "uuid,name,create_time,size,comment,owners"

#: The baselines of a replication; without the last common one it must start all over.
_REPLICATION_PREFIXES = ("snapmirror.", "vserverdr.")
#: Owners whose name ends so do not keep a snapshot from being deleted.
_HARMLESS_OWNER = "dependent"
#: The owner that stands for every clone of the snapshot.
CLONE = "volume_clone"


@checked
def snapshot_record(row: Row) -> Snapshot:
    size = whole(row.get("size"))
    return Snapshot(
        name=row["name"],
        size_kbytes=None if size is None else ceil_div(size, KIB),
        creation_time=moment_of(row.get("create_time")),
    )


@checked
def oldest_first(rows: list[Row]) -> list[Row]:
    """By time of creation, which ONTAP tells in whole seconds; within one in ONTAP's own order."""
    return sorted(rows, key=_age)


@checked
def holders(row: Row) -> list[str]:
    """What depends on the snapshot, in ONTAP's words (``volume clone``, ``snapmirror``, …)."""
    owners: list[str] = row.get("owners") or []
    return [owner for owner in owners if not owner.endswith(_HARMLESS_OWNER)]


@checked
def with_clones(owners: list[str], clones: list[Row]) -> list[str]:
    """``owners``, of whom the clones are told by name."""
    names = ", ".join(sorted(str(row["name"]) for row in clones))
    return [f"{owner} ({names})" if owner == CLONE and names else owner for owner in owners]


@checked
def purgeable(rows: list[Row]) -> list[Row]:
    """Those that nothing is known to need, the oldest first."""
    return [
        row
        for row in oldest_first(rows)
        if not holders(row) and not row["name"].startswith(_REPLICATION_PREFIXES)
    ]


def _age(row: Row) -> tuple[bool, float]:
    """A snapshot whose time is not known counts as the newest: it is never purged before others."""
    created = moment_of(row.get("create_time"))
    return (created is None, created.timestamp() if created else 0.0)
