"""Work that takes longer than a request."""

from dataclasses import MISSING, dataclass
from datetime import datetime
from enum import StrEnum

from storage_api.domain.models.documented import described


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work, as far as it is."""

    id: str = described("The job's identifier.", example="18795f3c2b1a0d4e9c31", default=MISSING)
    kind: str = described("What is done.", example="purge-user", default=MISSING)
    backend: str = described("The back-end's endpoint name.", example="ceph", default=MISSING)
    namespace: str | None = described("Namespace of what is worked on.", example=None)
    target: str = described("What is worked on.", example="alice", default=MISSING)
    state: JobState = described("How it stands.", example="running", default=MISSING)
    done: int = described("Steps that are done.", example=12_000, default=0)
    total: int | None = described("Steps in all, as far as they are known.", example=48_000)
    errors: list[str] = described(
        "What could not be done and is left, or why the job failed.", example=[], default=list
    )
    asked_by: str | None = described("Who asked for it.", example="alice")
    created: datetime | None = described(
        "When it was asked for (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    started: datetime | None = described(
        "When work on it began (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    finished: datetime | None = described("When it ended (RFC 3339).", example=None)
