"""The records of what a portal orders: orders, and the groups of projects."""

from dataclasses import MISSING, dataclass
from datetime import datetime

from storage_api.domain.models.accounting import Quota
from storage_api.domain.models.documented import described


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody has asked the portal to do with a volume."""

    uuid: str = described(
        "The order's identifier.", example="abc7de61-ae93-421c-b025-56ff18e18679", default=MISSING
    )
    type: str | None = described("Create, Update, Terminate or Restore.", example="Update")
    state: str | None = described(
        "pending-consumer, pending-provider, executing, done, erred, rejected, …",
        example="pending-provider",
    )
    volume: str | None = described(
        "The volume that it is about.", example="capstor/store/cscs/lab/climate"
    )
    created: datetime | None = described(
        "When it was placed (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    old_quota: Quota | None = described("An update's limits as they were.")
    new_quota: Quota | None = described("An update's limits as they are to be.")
    error_message: str | None = described("Why it failed.", example=None)


@dataclass(frozen=True, kw_only=True)
class GidCache:
    """How the lookup of projects' Unix groups goes, in the process that answers."""

    entries: int = described("Projects whose group is known.", example=812, default=MISSING)
    unknown: int = described(
        "Projects that the service did not know a minute ago.", example=3, default=MISSING
    )
    hits: int = described("Lookups answered from memory.", example=48_000, default=MISSING)
    misses: int = described("Lookups that had to ask.", example=815, default=MISSING)
    requests: int = described("Requests sent to the service.", example=4, default=MISSING)
    failures: int = described("Times that asking failed.", example=0, default=MISSING)
    development_mode: bool = described(
        "Whether unknown projects get made-up groups.", example=False, default=MISSING
    )
    detail: str | None = described("What went wrong the last time.", example=None)
