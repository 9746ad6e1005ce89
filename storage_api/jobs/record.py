"""A job as it is stored: as JSON, never as code."""

import dataclasses
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from storage_api.domain.models import Job, JobState, Ref

#: The file of those who have no Redis, in the directory for what outlives a process.
DATABASE = "jobs.sqlite"
UNFINISHED = frozenset({JobState.QUEUED, JobState.RUNNING})
_TIMES = ("created", "started", "finished")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A job with what only the consumers need.

    ``retry_at`` (seconds since 1970) is before when it is left alone. ``tries`` failed and
    ``breaks`` happened one after the other since ``mark`` steps were done.
    """

    job: Job
    retry_at: float = 0.0
    tries: int = 0
    breaks: int = 0
    mark: int = 0

    @property
    def ended(self) -> bool:
        return self.job.state not in UNFINISHED

    @property
    def target(self) -> Ref:
        return Ref(self.job.namespace, self.job.target)

    def is_for(self, kind: str, backend: str, target: Ref) -> bool:
        return (self.job.kind, self.job.backend, self.target) == (kind, backend, target)

    def updated(self, **changes: Any) -> "Record":
        """With ``changes`` of the job itself."""
        return dataclasses.replace(self, job=dataclasses.replace(self.job, **changes))


def new_record(kind: str, backend: str, target: Ref, asked_by: str) -> Record:
    """Ids sort by the time at which they were made."""
    job = Job(
        id=f"{time.time_ns():016x}{secrets.token_hex(2)}",
        kind=kind,
        backend=backend,
        namespace=target.namespace,
        target=target.name,
        state=JobState.QUEUED,
        asked_by=asked_by,
        created=now(),
    )
    return Record(job=job)


def now() -> datetime:
    return datetime.now(UTC)


def dump(record: Record) -> bytes:
    return orjson.dumps(record)


def parse(data: bytes) -> Record | None:
    """``None`` for what is no record of ours; keys of a newer version are passed over."""
    try:
        fields = orjson.loads(data)
        told = _known(Job, fields["job"])
        times = {name: _time(told.get(name)) for name in _TIMES}
        job = Job(**{**told, **times, "state": JobState(told["state"])})
        return Record(**{**_known(Record, fields), "job": job})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _known(kind: type[Any], fields: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in fields.items() if name in names}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
