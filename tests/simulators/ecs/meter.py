"""What metering has seen: samples every five minutes, of all that changed before them."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from tests.simulators.ecs.clock import Clock
from tests.simulators.ecs.settings import Settings

SAMPLE_SECONDS = 300


@dataclass(frozen=True)
class Usage:
    size: int = 0
    objects: int = 0
    mpu_size: int = 0
    mpu_parts: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        names = [field.name for field in fields(self)]
        return Usage(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class Change:
    at: datetime
    bucket: str
    usage: Usage


class Meter:
    """All changes there ever were, by namespace."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._changes: dict[str, list[Change]] = {}
        #: Since when the figures have stood still, as they do during a reconstruction.
        self.stalled_at: datetime | None = None

    def record(self, namespace: str, bucket: str, usage: Usage) -> None:
        changes = self._changes.setdefault(namespace, [])
        changes.append(Change(self._clock.now(), bucket, usage))

    def sampled_at(self, *, bucket: bool = False) -> datetime:
        """When the newest sample was taken that can be read now."""
        lag = self._settings.billing_lag_seconds
        lag += self._settings.bucket_lag_seconds if bucket else 0.0
        seen = (self._clock.now() - timedelta(seconds=lag)).timestamp()
        return datetime.fromtimestamp(seen - seen % SAMPLE_SECONDS, UTC)

    def certain_until(self, sample: datetime) -> datetime:
        return sample if self.stalled_at is None else min(sample, self.stalled_at)

    def usage(self, namespace: str, bucket: str | None, until: datetime) -> Usage:
        """Of one bucket, or of the namespace where ``bucket`` is None."""
        total = Usage()
        for change in self.changes(namespace, bucket):
            if change.at <= until:
                total += change.usage
        return total

    def changes(self, namespace: str, bucket: str | None) -> list[Change]:
        return [
            change for change in self._changes.get(namespace, []) if bucket in {None, change.bucket}
        ]

    def occupied_bytes(self) -> int:
        """What the disks hold: also what was deleted, until it has been reclaimed."""
        reclaimed = self._clock.now() - timedelta(seconds=self._settings.reclaim_seconds)
        total = 0
        for changes in self._changes.values():
            for change in changes:
                bytes_ = change.usage.size + change.usage.mpu_size
                total += bytes_ if bytes_ > 0 or change.at <= reclaimed else 0
        return total
