"""Writes one pass's figures, all or none."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from storage_api.backends.accounting import Holder
from storage_api.database.engines import alone
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Ref
from storage_api.metering import passes
from storage_api.metering.figures import Figures
from storage_api.metering.passes import History
from storage_api.metering.runs import Point, Run, absence, with_points, without_holder
from storage_api.metering.tables import HOLDERS, SAMPLES

_RUN = ("at", "last", "until", "used_bytes", "used_objects", "samples", "after_gap")

Runs = list[Run]


def record(connection: Connection, backend: str, figures: Figures, began: int, held: int) -> None:
    """Store ``figures`` of a pass that ``began`` then and read everybody.

    ``held`` is how long it counts that a pass did not see somebody.
    """
    alone(connection, f"metering {backend}")
    history = passes.history(connection, backend)
    ids = _known(connection, backend)
    _add_holders(connection, backend, figures, ids)
    _update_owners(connection, figures, ids)
    earliest = min((p.at for points in figures.points.values() for p in points), default=began)
    stored = _runs_from(connection, backend, min(earliest, began))
    absent_until = (history.last or 0) + held
    changes: dict[int, tuple[Runs, Runs]] = {}
    for holder, row in ids.items():
        before = stored.get(row, [])
        points = figures.points.get(holder)
        if points is None:
            after = without_holder(before, began) if before else []
        else:
            start = before or _newborn(points, history, absent_until)
            after = with_points(start, points, absent_until)
        if after != before:
            changes[row] = (before, after)
    _write(connection, changes)


def _newborn(points: Iterable[Point], history: History, absent_until: int) -> Runs:
    """Of somebody new: earlier passes, if any, did not see them."""
    until = min(absent_until, *(point.at for point in points))
    if history.first is None or history.first >= until:
        return []
    return [absence(history.first, until)]


def _known(connection: Connection, backend: str) -> dict[Holder, int]:
    rows = connection.execute(select(HOLDERS).where(HOLDERS.c.backend == backend))
    return {holder_of(row): row.id for row in rows}


def holder_of(row: Row[tuple[object, ...]]) -> Holder:
    return Holder(HolderKind(row.kind), Ref(row.namespace or None, row.name))


def _add_holders(
    connection: Connection, backend: str, figures: Figures, ids: dict[Holder, int]
) -> None:
    new = [holder for holder in figures.points if holder not in ids]
    if not new:
        return
    connection.execute(
        insert(HOLDERS),
        [
            {
                "backend": backend,
                "kind": str(holder.kind),
                "namespace": holder.ref.namespace or "",
                "name": holder.ref.name,
            }
            for holder in new
        ],
    )
    ids |= _known(connection, backend)


def _update_owners(connection: Connection, figures: Figures, ids: Mapping[Holder, int]) -> None:
    if not figures.owners:
        return
    changed = (
        update(HOLDERS)
        .where(HOLDERS.c.id == bindparam("of"), HOLDERS.c.owner.is_distinct_from(bindparam("now")))
        .values(owner=bindparam("now"))
    )
    connection.execute(
        changed, [{"of": ids[holder], "now": owner} for holder, owner in figures.owners.items()]
    )


def _runs_from(connection: Connection, backend: str, moment: int) -> dict[int, Runs]:
    """Each holder's runs from the last that began before ``moment``."""
    earlier = SAMPLES.alias()
    start = (
        select(func.max(earlier.c.at))
        .where(earlier.c.holder_id == HOLDERS.c.id, earlier.c.at < moment)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(SAMPLES)
        .join(HOLDERS)
        .where(HOLDERS.c.backend == backend, SAMPLES.c.at >= func.coalesce(start, 0))
        .order_by(SAMPLES.c.holder_id, SAMPLES.c.at)
    )
    found: dict[int, Runs] = {}
    for holder_id, *run in rows:
        found.setdefault(holder_id, []).append(Run(*run))
    return found


def _write(connection: Connection, changes: Mapping[int, tuple[Runs, Runs]]) -> None:
    gone, new = [], []
    for holder, (before, after) in changes.items():
        kept = {*before} & {*after}
        gone += [{"holder": holder, "moment": run.at} for run in before if run not in kept]
        new += [
            {"holder_id": holder, **{name: getattr(run, name) for name in _RUN}}
            for run in after
            if run not in kept
        ]
    if gone:
        here = (SAMPLES.c.holder_id == bindparam("holder")) & (SAMPLES.c.at == bindparam("moment"))
        connection.execute(delete(SAMPLES).where(here), gone)
    if new:
        connection.execute(insert(SAMPLES), new)
