"""Quota, usage and capacity, and how a back-end is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage_api.domain.models.documented import described, size
from storage_api.domain.units import MAX_BYTES, TIB


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Limits. A missing limit is unlimited; 0 means that nothing may be written."""

    max_bytes: int | None = size("Most bytes that may be stored; null is unlimited.")
    max_objects: int | None = described(
        "Most objects that may be stored; null is unlimited.",
        example=1_000_000,
        minimum=0,
        maximum=MAX_BYTES,
    )
    soft_bytes: int | None = size(
        "Bytes from which the back-end warns; null is none.", example=900 * 1024**3
    )
    soft_objects: int | None = described(
        "Objects from which the back-end warns; null is none.",
        example=900_000,
        minimum=0,
        maximum=MAX_BYTES,
    )
    enabled: bool = described("Whether the limits are enforced.", example=True, default=True)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What is stored now, when that was measured, and by what."""

    used_bytes: int | None = size("Bytes stored (logical size).", example=1_234_567_890)
    used_objects: int | None = described("Objects stored.", example=4711, minimum=0)
    measured_at: datetime | None = described(
        "When the back-end measured it (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    source: str | None = described("What measured it.", example="bucket-stats")
    stale: bool = described(
        "True when the figure may lag behind what is stored.", example=False, default=False
    )


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The whole back-end's space."""

    total_bytes: int | None = size("Space that the back-end has.", example=500 * TIB)
    used_bytes: int | None = size("Space in use.", example=120 * TIB)
    free_bytes: int | None = size("Space left.", example=380 * TIB)
    allocated_bytes: int | None = size("Space promised by sizes and quotas.", example=700 * TIB)
    raw: bool | None = described(
        "True when the figures count every replica, false when they are usable space.",
        example=False,
    )
    unlimited_count: int | None = described(
        "Namespaces without a limit, which allocated_bytes cannot count.", example=0, minimum=0
    )
    errors: list[str] | None = described(
        "What allocated_bytes lacks because it could not be read.", example=[]
    )
    overcommit: float | None = described(
        "allocated_bytes for each byte of total_bytes.", example=1.4, minimum=0
    )


class State(StrEnum):
    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
