"""What somebody used over a period, as it is billed."""

from dataclasses import MISSING, dataclass
from datetime import datetime

from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models.documented import described


@dataclass(frozen=True, kw_only=True)
class MeteredUsage:
    """One bucket's, user's or namespace's usage over a period."""

    holder: str = described(
        "What this is about, unlike any other: kind:namespace/name.",
        example="bucket:physics/alice-data",
        default=MISSING,
    )
    kind: HolderKind = described("What it is.", example="bucket", default=MISSING)
    namespace: str | None = described("Namespace that holds it.", example="physics")
    name: str = described("Its name.", example="alice-data", default=MISSING)
    owner: str | None = described("Of a bucket: who owned it last.", example="alice")
    period_start: datetime = described(
        "From when on this counts (RFC 3339).", example="2026-11-01T00:00:00Z", default=MISSING
    )
    period_end: datetime = described(
        "Until before when; never later than now (RFC 3339).",
        example="2026-12-01T00:00:00Z",
        default=MISSING,
    )
    unit: str = described("Unit of value.", example="GB-days", default=MISSING)
    value: str | None = described(
        "What was stored, multiplied by how long, to six decimal places, half-up. Gaps add "
        "nothing. Null if nothing was measured.",
        example="37.500000",
    )
    byte_seconds: str | None = described(
        "The same, exact, in bytes times seconds.", example="3240000000000000"
    )
    object_days: str | None = described(
        "Objects, multiplied by days, to six decimal places, half-up; null if they were not "
        "always measured.",
        example="120.250000",
    )
    samples: int = described("Figures that this is made of.", example=2880, default=0)
    gaps: int = described("Spans of time of which nothing is known.", example=0, default=0)
    gap_seconds: int = described("Their seconds in all.", example=0, default=0)
    complete: bool = described("Whether there is no gap.", example=True, default=MISSING)
