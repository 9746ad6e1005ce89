"""What the API asks: who used how much, and how that went over time."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from storage_api.database import Database
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import MeteredUsage
from storage_api.metering.periods import Period, period
from storage_api.metering.units import days, unit_days
from storage_api.transport.doors import Door

if TYPE_CHECKING:
    from storage_api.metering.integral import Integral
    from storage_api.metering.standing import Standing


#: Half of the threads of a process: a year of a large site may take a minute.
AT_ONCE = 16


@dataclass(frozen=True)
class Meter:
    """The service's samples; connects on first use, and imports SQLAlchemy no sooner.

    ``door`` is to be passed by whoever asks in a request's name.
    """

    database: Database
    zone: tzinfo
    door: Door = field(
        default_factory=lambda: Door("Metering", AT_ONCE, AT_ONCE, threading.Semaphore(0))
    )

    def period(self, begin: str | None, end: str | None) -> Period:
        """Raises ``Invalid`` as ``periods.period`` does."""
        return period(begin, end, self.zone, datetime.now(UTC))

    def usage(
        self,
        backend: str,
        wanted: Period,
        unit: str,
        *,
        kind: str | None = None,
        name: str | None = None,
    ) -> list[MeteredUsage]:
        """Everybody's usage of ``backend`` in the period, ordered by kind, namespace and name.

        Who was never sampled in it is not there.

        Raises:
            BackendError: the database is down.
        """
        from storage_api.metering.integral import Wanted, integrals  # noqa: PLC0415  # slow
        from storage_api.metering.tables import TABLES  # noqa: PLC0415  # slow to import

        with self.database.reading(TABLES) as connection:
            found = integrals(connection, Wanted(backend, *wanted.seconds, kind, name))
        return sorted(
            (_row(integral, wanted, unit) for integral in found), key=lambda row: row.holder
        )

    def standing(self, backend: str) -> "Standing | None":
        """Who stores how much of which quota, by the last pass; ``None`` before the first.

        Raises:
            BackendError: the database is down.
        """
        from storage_api.metering.standing import standing  # noqa: PLC0415  # slow to import
        from storage_api.metering.tables import TABLES  # noqa: PLC0415

        with self.database.reading(TABLES) as connection:
            return standing(connection, backend)

    def last_passes(self) -> dict[str, int]:
        """When each back-end's last pass that was kept began, in seconds since 1970.

        Raises:
            BackendError: the database is down.
        """
        from storage_api.metering import passes  # noqa: PLC0415  # slow to import
        from storage_api.metering.tables import TABLES  # noqa: PLC0415

        with self.database.reading(TABLES) as connection:
            return passes.last_passes(connection)

    def picture(
        self,
        backend: str,
        wanted: Period,
        unit: str,
        *,
        kind: HolderKind | None = None,
        name: str = "*",
    ) -> bytes:
        """An SVG of usage over the period; ``name``, which may hold ``*``, narrows it down.

        Raises:
            BackendError: the database is down.
        """
        from storage_api.metering.drawing import svg  # noqa: PLC0415  # slow to import
        from storage_api.metering.integral import Wanted  # noqa: PLC0415
        from storage_api.metering.overview import overview  # noqa: PLC0415
        from storage_api.metering.tables import TABLES  # noqa: PLC0415

        with self.database.reading(TABLES) as connection:
            shown = overview(connection, Wanted(backend, *wanted.seconds, kind), name)
        begin, end = (moment.astimezone(self.zone) for moment in (wanted.begin, wanted.end))
        title = f"{backend}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({self.zone})"
        return svg(shown, title, unit, self.zone)


def _row(found: "Integral", wanted: Period, unit: str) -> MeteredUsage:
    begin, end = wanted.seconds
    measured = found.measured
    counted = measured and found.object_known_seconds == found.known_seconds
    kind, ref = found.holder.kind, found.holder.ref
    gap_seconds = end - begin - found.known_seconds
    return MeteredUsage(
        holder=f"{kind}:{ref}",
        kind=kind,
        namespace=ref.namespace,
        name=ref.name,
        owner=found.owner,
        period_start=wanted.begin,
        period_end=wanted.end,
        unit=f"{unit}-days",
        value=unit_days(found.byte_seconds, unit) if measured else None,
        byte_seconds=str(found.byte_seconds) if measured else None,
        object_days=days(found.object_seconds) if counted else None,
        samples=found.samples,
        gaps=found.gaps,
        gap_seconds=gap_seconds,
        complete=gap_seconds == 0,
    )
