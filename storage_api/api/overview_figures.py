"""The figures of one back-end for the page at ``/overview``, as far as they can be had."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from storage_api.api.metering import meter
from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.base import StorageBackend
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.errors import StorageError
from storage_api.domain.models import Capacity, Volume
from storage_api.transport.doors import Door

if TYPE_CHECKING:
    from storage_api.metering.standing import Stored

LARGEST = 10
#: Per cent of a limit from which somebody is near it, and how many of those are shown.
NEAR_PERCENT = 80
MOST_NEAR = 20

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Share:
    """What somebody has of a limit, in bytes or else in objects; ``None`` is unknown or none."""

    label: str
    used: int | None
    limit: int | None
    of_objects: bool = False

    @property
    def percent(self) -> float | None:
        if self.used is None or self.limit is None:
            return None
        return 100 * self.used / self.limit if self.limit else 100.0


@dataclass(frozen=True)
class Consumers:
    """Those of one kind. ``measured_at`` is ``None`` for figures of this very moment."""

    kind: str
    operation: str
    count: int
    largest: list[Share]
    near: list[Share]
    measured_at: datetime | None = None


@dataclass
class Figures:
    """``problems`` say what is missing and why."""

    capacity: Capacity | None = None
    consumers: list[Consumers] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    measures_usage: bool = False


def figures(endpoint: str, backend: StorageBackend, door: Door | None) -> Figures:
    """Ask the back-end for its space and volumes, and our own samples for the rest.

    What fails leaves its words in ``problems``; the rest is there all the same.
    """
    found = Figures()
    if isinstance(backend, CapacityReporter):
        found.capacity = _tried(found, door, backend.get_capacity)
    if isinstance(backend, VolumeStore):
        volumes = _tried(found, door, backend.list_volumes)
        if volumes is not None:
            found.consumers.append(_of_volumes(volumes))
    standing = _tried(found, meter().door, lambda: meter().standing(endpoint))
    if standing is not None:
        found.consumers.append(
            Consumers(
                kind=f"{standing.kind}s",
                operation=f"list_{standing.kind}s",
                count=len(standing.holders),
                largest=_largest([_of_bytes(holder) for holder in standing.holders]),
                near=_near([_nearest(holder) for holder in standing.holders]),
                measured_at=standing.measured_at,
            )
        )
    return found


def _tried(found: Figures, door: Door | None, ask: Callable[[], Answer]) -> Answer | None:
    try:
        with door.enter() if door else nullcontext():
            return ask()
    except StorageError as error:
        if str(error) not in found.problems:
            found.problems.append(str(error))
        return None


def _of_volumes(volumes: Sequence[Volume]) -> Consumers:
    shares = [
        Share(
            volume.name,
            volume.size_used,
            volume.quota.max_bytes if volume.quota else volume.size_total,
        )
        for volume in volumes
    ]
    return Consumers("volumes", "list_volumes", len(shares), _largest(shares), _near(shares))


def _of_bytes(holder: "Stored") -> Share:
    return Share(holder.label, holder.used_bytes, holder.quota_bytes)


def _nearest(holder: "Stored") -> Share:
    """Of its bytes and its objects, what is nearer to its quota."""
    both = (
        _of_bytes(holder),
        Share(holder.label, holder.used_objects, holder.quota_objects, of_objects=True),
    )
    return max(both, key=lambda share: share.percent or 0.0)


def _largest(shares: Iterable[Share]) -> list[Share]:
    known = [share for share in shares if share.used is not None]
    return sorted(known, key=lambda share: (-(share.used or 0), share.label))[:LARGEST]


def _near(shares: Iterable[Share]) -> list[Share]:
    near = [share for share in shares if (share.percent or 0.0) >= NEAR_PERCENT]
    return sorted(near, key=lambda share: (-(share.percent or 0.0), share.label))[:MOST_NEAR]
