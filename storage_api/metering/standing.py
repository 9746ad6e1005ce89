"""Who stores how much of which quota, by the samples that were taken last."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from storage_api.domain.capabilities import HolderKind
from storage_api.metering.overview import figures_at
from storage_api.metering.recording import holder_of
from storage_api.metering.tables import HOLDERS, SAMPLES

#: Of these the first that is sampled is shown; a user or namespace holds its buckets.
_KINDS = (HolderKind.USER, HolderKind.BUCKET, HolderKind.NAMESPACE)


@dataclass(frozen=True)
class Stored:
    """One holder; ``None`` is unknown, for a quota none."""

    label: str
    used_bytes: int | None
    used_objects: int | None
    quota_bytes: int | None
    quota_objects: int | None


@dataclass(frozen=True)
class Standing:
    """``measured_at`` is when the newest sample of all was taken."""

    kind: HolderKind
    measured_at: datetime
    holders: list[Stored]


def standing(connection: Connection, backend: str) -> Standing | None:
    """Of the last pass over ``backend``; ``None`` if there was none that found anybody."""
    for kind in _KINDS:
        moment = _newest(connection, backend, kind)
        if moment is not None:
            holders = _stored(connection, backend, kind, moment)
            return Standing(kind, datetime.fromtimestamp(moment, UTC), holders)
    return None


def _newest(connection: Connection, backend: str, kind: HolderKind) -> int | None:
    """The moment of the newest sample; runs without samples are of those that are gone."""
    return connection.execute(
        select(func.max(SAMPLES.c.last))
        .join_from(HOLDERS, SAMPLES)
        .where(HOLDERS.c.backend == backend, HOLDERS.c.kind == kind, SAMPLES.c.samples > 0)
    ).scalar()


def _stored(connection: Connection, backend: str, kind: HolderKind, moment: int) -> list[Stored]:
    found = figures_at(connection, backend, kind, moment)
    rows = connection.execute(
        select(HOLDERS).where(HOLDERS.c.backend == backend, HOLDERS.c.kind == kind)
    )
    return [
        Stored(
            label=str(holder_of(row).ref),
            used_bytes=found[row.id].used_bytes,
            used_objects=found[row.id].used_objects,
            quota_bytes=row.quota_bytes,
            quota_objects=row.quota_objects,
        )
        for row in rows
        if row.id in found
    ]
