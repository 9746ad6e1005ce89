"""ONTAP's volumes as ours. Pure functions.

Where ONTAP leaves a value out (an offline volume has no ``space.used``, an unmounted one
no ``nas.path``) it is unknown, hence ``None``. What cannot be a record of ONTAP's raises
``Garbage``.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from storage_api.backends.netapp.refusals import Garbage
from storage_api.domain.models import Volume

Row = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

#: Dear to ONTAP, so each is named: none of ``nas.path``, ``autosize``, ``efficiency`` and
#: ``space.snapshot`` comes with ``*``. Releases before 9.17 do not know ``nodes.name``.
FIELDS = (
    "uuid,name,state,create_time,aggregates.name,nodes.name,nas.path,nas.export_policy.name,"
    "space.afs_total,space.used,space.snapshot.reserve_percent,"
    "space.snapshot.space_used_percent,autosize.mode,autosize.maximum,efficiency.compression,"
    "flash_pool.caching_policy"
)
#: Begins the names of the nodes' own aggregates; no SVM's volumes belong there.
ROOT_AGGREGATE = "aggr0"
#: What decides whether a volume is ours to show, and which it is.
IDENTITY = "uuid,name,state,aggregates.name"

_BACKGROUND = frozenset({"background", "both", "mixed"})
_INLINE = frozenset({"inline", "both", "mixed"})
_EMPTY: Row = {}


def checked(read: Callable[P, T]) -> Callable[P, T]:
    """Tells a vendor that answers nonsense from a mistake of ours."""

    @wraps(read)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # Without its cause, which may quote what was sent.
            raise Garbage("ONTAP sent a record that is not as its records are.") from None

    return run


@checked
def shown(rows: Iterable[Row]) -> list[Row]:
    """Without restricted volumes, FlexGroups (on no aggregate of their own) and aggr0."""
    return [
        row
        for row in rows
        if row["state"] != "restricted"
        and (aggregates := row.get("aggregates"))
        and not aggregates[0]["name"].startswith(ROOT_AGGREGATE)
    ]


@checked
def uuid_of(row: Row) -> str:
    """Fit for a path: it is a UUID and nothing else."""
    return str(UUID(row["uuid"]))


@checked
def tell_their_node(rows: Iterable[Row]) -> bool:
    """Whether each says which node serves it, as from 9.17 on."""
    return all(row.get("nodes") for row in rows)


@checked
def volume_records(rows: Iterable[Row], nodes: Mapping[str, str], filer: str) -> list[Volume]:
    """``nodes`` by aggregate, and then ``filer``, stand in where a row does not tell its node."""
    return [_volume_record(row, nodes, filer) for row in rows]


def _volume_record(row: Row, nodes: Mapping[str, str], filer: str) -> Volume:
    space = row.get("space", _EMPTY)
    snapshot = space.get("snapshot", _EMPTY)
    nas = row.get("nas", _EMPTY)
    autosize = row.get("autosize", _EMPTY)
    mode = autosize.get("mode")
    compression = row.get("efficiency", _EMPTY).get("compression")
    aggregate = row["aggregates"][0]["name"]
    node = row.get("nodes")
    reserve = whole(snapshot.get("reserve_percent"))
    reserve_used = whole(snapshot.get("space_used_percent"))
    return Volume(
        name=row["name"],
        uuid=row["uuid"],
        size_total=whole(space.get("afs_total")),
        size_used=whole(space.get("used")),
        filer_address=node[0]["name"] if node else nodes.get(aggregate, filer),
        aggregate_name=aggregate,
        junction_path=nas.get("path"),
        state=row["state"],
        creation_time=moment_of(row.get("create_time")),
        active_policy_name=nas.get("export_policy", _EMPTY).get("name"),
        autosize_enabled=None if mode is None else mode != "off",
        max_autosize=whole(autosize.get("maximum")),
        percentage_snapshot_reserve=reserve,
        percentage_snapshot_reserve_used=0 if reserve == 0 else reserve_used,
        compression_enabled=compression in _BACKGROUND,
        inline_compression=compression in _INLINE,
        caching_policy=row.get("flash_pool", _EMPTY).get("caching_policy"),
    )


def whole(value: Any) -> int | None:
    """Raises ``TypeError`` for anything but a whole number or nothing."""
    if type(value) is int or value is None:
        return value
    raise TypeError


def moment_of(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
