"""A back-end's usage over a period as a picture needs it: few moments, few names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection, Row, func, select

from storage_api.domain.capabilities import HolderKind
from storage_api.metering.integral import Wanted, integrals
from storage_api.metering.recording import holder_of
from storage_api.metering.tables import HOLDERS, SAMPLES

#: Moments over the period, evenly spaced: fewer, if for many holders they would take too long.
MOMENTS, FEWEST_MOMENTS = 160, 24
_LOOKUPS = 200_000
LARGEST = 5
#: Per cent of a quota from which somebody is near it, and how many of those are shown.
NEAR_PERCENT = 80
MOST_NEAR = 12
#: What the whole is the sum of: the first of these that is sampled.
_KINDS = (HolderKind.USER, HolderKind.BUCKET, HolderKind.NAMESPACE)

Values = list[int | None]


@dataclass(frozen=True)
class Line:
    """One holder's bytes at each moment; ``None`` where nothing is known."""

    label: str
    values: Values
    quota_bytes: int | None


@dataclass(frozen=True)
class Near:
    """Somebody who has used most of a quota: of bytes, or else of objects."""

    label: str
    used: int
    quota: int
    of_objects: bool

    @property
    def percent(self) -> float:
        return 100 * self.used / self.quota if self.quota else 100.0


@dataclass(frozen=True)
class Overview:
    """``total`` is unknown at moments at which somebody who was measured otherwise was not.

    ``unmeasured`` holders never were, and are left out of it. ``limited`` have a quota.
    """

    kind: HolderKind
    moments: list[int]
    holders: int
    unmeasured: int
    limited: int
    total: Values
    largest: list[Line]
    near: list[Near]


def overview(connection: Connection, wanted: Wanted, name: str) -> Overview:
    """Of those whose name is ``name``, in which ``*`` stands for any text."""
    shown, holders = _holders(connection, wanted, name)
    span = wanted.end - wanted.begin
    count = min(MOMENTS, max(FEWEST_MOMENTS, _LOOKUPS // max(len(holders), 1)))
    moments = [wanted.begin + span * step // count for step in range(count)]
    histories: dict[int, Values] = {holder.row: [] for holder in holders}
    objects: dict[int, int | None] = {}
    for moment in moments:
        found = figures_at(connection, wanted.backend, shown, moment)
        for row, values in histories.items():
            values.append(found[row].used_bytes if row in found else None)
        objects |= {row: run.used_objects for row, run in found.items()}
    measured = [holder for holder in holders if holder.measured]
    known = [histories[holder.row] for holder in measured]
    by_size = sorted(measured, key=lambda holder: (-holder.byte_seconds, holder.label))
    return Overview(
        kind=shown,
        moments=moments,
        holders=len(holders),
        unmeasured=len(holders) - len(measured),
        limited=sum(
            holder.quota_bytes is not None or holder.quota_objects is not None
            for holder in measured
        ),
        total=[_sum(column) for column in zip(*known, strict=True)] or [None] * count,
        largest=[
            Line(holder.label, histories[holder.row], holder.quota_bytes)
            for holder in by_size[:LARGEST]
        ],
        near=_near(measured, histories, objects),
    )


@dataclass(frozen=True)
class _Shown:
    row: int
    label: str
    byte_seconds: int
    measured: bool
    quota_bytes: int | None
    quota_objects: int | None


def _holders(connection: Connection, wanted: Wanted, name: str) -> tuple[HolderKind, list[_Shown]]:
    """Those of the one kind that is shown, and which one that is."""
    pattern = name.replace("[", "[[]").replace("?", "[?]")
    for kind in [HolderKind(wanted.kind)] if wanted.kind else _KINDS:
        known = {
            holder_of(row): row
            for row in connection.execute(
                select(HOLDERS).where(HOLDERS.c.backend == wanted.backend, HOLDERS.c.kind == kind)
            )
        }
        found = [
            _Shown(
                row=known[integral.holder].id,
                label=str(integral.holder.ref),
                byte_seconds=integral.byte_seconds,
                measured=integral.measured,
                quota_bytes=known[integral.holder].quota_bytes,
                quota_objects=known[integral.holder].quota_objects,
            )
            for integral in integrals(connection, replace(wanted, kind=kind))
            if fnmatchcase(integral.holder.ref.name, pattern)
        ]
        if found:
            break
    return kind, found


def figures_at(
    connection: Connection, backend: str, kind: HolderKind, moment: int
) -> Mapping[int, Row[Any, Any, Any]]:
    """What is known of a moment, by holder."""
    earlier = SAMPLES.alias("earlier")
    latest = (
        select(func.max(earlier.c.at))
        .where(earlier.c.holder_id == HOLDERS.c.id, earlier.c.at <= moment)
        .correlate(HOLDERS)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(SAMPLES.c.holder_id, SAMPLES.c.used_bytes, SAMPLES.c.used_objects)
        .join_from(HOLDERS, SAMPLES)
        .where(
            HOLDERS.c.backend == backend,
            HOLDERS.c.kind == kind,
            SAMPLES.c.at == latest,
            SAMPLES.c.until > moment,
        )
    )
    return {row.holder_id: row for row in rows.all()}


def _sum(column: Sequence[int | None]) -> int | None:
    known = [value for value in column if value is not None]
    return sum(known) if len(known) == len(column) else None


def _near(
    holders: Iterable[_Shown],
    histories: Mapping[int, Values],
    objects: Mapping[int, int | None],
) -> list[Near]:
    """By the last that is known of each, fullest first."""
    found = []
    for holder in holders:
        used = next((v for v in reversed(histories[holder.row]) if v is not None), None)
        quotas = [
            Near(holder.label, amount, quota, of_objects)
            for amount, quota, of_objects in (
                (used, holder.quota_bytes, False),
                (objects.get(holder.row), holder.quota_objects, True),
            )
            if amount is not None and quota is not None
        ]
        found += sorted(quotas, key=lambda near: -near.percent)[:1]
    fullest = sorted(found, key=lambda near: (-near.percent, near.label))
    return [near for near in fullest if near.percent >= NEAR_PERCENT][:MOST_NEAR]
