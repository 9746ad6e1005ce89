"""Work that takes a while: queued, running, then success or failure, then forgotten.

What a job does happens when its time has come and somebody asks, under the world's lock:
there is no thread to race with.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulators.ontap.errors import OntapError
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.records import API, Ref
from tests.simulators.ontap.rows import ComputedRow, Document, nested

SCHEMA = Schema(
    key="uuid",
    identity=("uuid",),
    leaves=(
        "uuid",
        "description",
        "state",
        "message",
        "code",
        "start_time",
        "end_time",
        "error.code",
        "error.message",
        "error.target",
        "svm.name",
        "svm.uuid",
    ),
    unset=("node", "error.arguments"),
)

_QUEUED_PART = 0.1


@dataclass
class Job:
    """``began`` and ``ends`` are of the monotonic clock; ``subject`` is whom it keeps busy."""

    uuid: str
    description: str
    svm: Ref
    subject: str
    goes_offline: bool
    began: float
    ends: float
    start_time: str
    work: Callable[[], None]
    error: OntapError | None = None
    done: bool = False

    @property
    def href(self) -> str:
        return f"{API}/cluster/jobs/{self.uuid}"

    @property
    def state(self) -> str:
        if self.done:
            return "failure" if self.error else "success"
        part = (time.monotonic() - self.began) / max(self.ends - self.began, 1e-9)
        return "queued" if part < _QUEUED_PART else "running"

    def link(self) -> Document:
        return {"uuid": self.uuid, "_links": {"self": {"href": self.href}}}

    def row(self, position: int) -> ComputedRow:
        state, error = self.state, self.error
        messages = {"success": "success", "failure": error.message if error else ""}
        fields: list[tuple[str, object]] = [
            ("uuid", self.uuid),
            ("description", self.description),
            ("state", state),
            ("message", messages.get(state, "in progress")),
            ("start_time", self.start_time),
            ("svm", self.svm.document()),
        ]
        if self.done:
            fields.append(("end_time", self.start_time))
            fields.append(("code", int(error.code) if error else 0))
        if error is not None:
            fields.append(("error", error.document()))
        return ComputedRow(position, self.href, nested(fields))


class Jobs:
    """All jobs; every method needs the world's lock."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._planned: list[OntapError] = []

    def fail_next(self, error: OntapError, times: int) -> None:
        """The next jobs to be started do nothing and fail so."""
        self._planned += [error] * times

    def start(self, job: Job) -> None:
        if self._planned:
            job.error = self._planned.pop(0)
        self._jobs[job.uuid] = job
        self.settle()

    def settle(self) -> None:
        """Do what is due, in the order in which it became due."""
        now = time.monotonic()
        due = [job for job in self._jobs.values() if not job.done and job.ends <= now]
        for job in sorted(due, key=lambda job: job.ends):
            job.done = True
            if job.error is None:
                try:
                    job.work()
                except OntapError as error:
                    job.error = error

    def forget(self, older_than: float) -> None:
        limit = time.monotonic() - older_than
        for uuid in [job.uuid for job in self._jobs.values() if job.done and job.ends <= limit]:
            del self._jobs[uuid]

    def of(self, subject: str) -> Job | None:
        """What keeps this subject busy now."""
        return next(
            (job for job in self._jobs.values() if not job.done and job.subject == subject), None
        )

    def all(self) -> list[Job]:
        return list(self._jobs.values())
