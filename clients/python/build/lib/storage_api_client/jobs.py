"""Work longer than a request: ask how it stands, wait for it, cancel it."""

import asyncio
import time
from collections.abc import Callable, Generator, Iterator
from typing import Self, Unpack, cast

from storage_api_client.caller import Caller
from storage_api_client.errors import JobFailed
from storage_api_client.records import Job as JobRecord
from storage_api_client.records import JobFilters

_ENDED = frozenset({"done", "failed", "cancelled"})
_FIRST_LOOK, _SLOWEST_LOOK = 0.2, 2.0


class Job:
    """One job; ``record`` is what the service said of it last.

    ``await job`` waits without blocking an event loop, in a thread of its own.
    """

    def __init__(self, caller: Caller, record: JobRecord) -> None:
        self._caller = caller
        self.record = record

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self.record['kind']} {self.record['target']}, {self.state}>"

    @property
    def id(self) -> str:
        return self.record["id"]

    @property
    def state(self) -> str:
        return self.record["state"]

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    def refresh(self) -> Self:
        """Ask how it stands now."""
        self.record = cast("JobRecord", self._caller.get(f"/v3/jobs{self._caller.name(self.id)}"))
        return self

    def cancel(self) -> Self:
        """Stop it as soon as it may be left; one that runs shows that a moment later."""
        path = f"/v3/jobs{self._caller.name(self.id)}/cancel"
        self.record = cast("JobRecord", self._caller.post(path, repeatable=True))
        return self

    def wait(
        self,
        timeout: float | None = None,
        on_progress: Callable[[JobRecord], object] | None = None,
    ) -> Self:
        """Return when it is done; ``on_progress`` gets the record now and after each look.

        Raises:
            JobFailed: it failed or was cancelled.
            TimeoutError: it goes on, but ``timeout`` seconds are over.
            ApiError: how it stands cannot be learned; it goes on all the same.
        """
        end = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_LOOK
        while True:
            if on_progress is not None:
                on_progress(self.record)
            if self.ended:
                break
            left = pause if end is None else min(pause, end - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"job {self.id} is still {self.state}")
            time.sleep(left)
            pause = min(pause * 1.5, _SLOWEST_LOOK)
            self.refresh()
        if self.state != "done":
            raise JobFailed(self.record)
        return self

    def __await__(self) -> Generator[object, None, Self]:
        return asyncio.to_thread(self.wait).__await__()


class Jobs:
    """``/v3/jobs``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, **filters: Unpack[JobFilters]) -> Iterator[Job]:
        """All jobs of all back-ends, newest first; those that ended are kept for seven days."""
        for record in self._caller.pages("/v3/jobs", filters):
            yield Job(self._caller, cast("JobRecord", record))

    def get(self, job: str) -> Job:
        path = f"/v3/jobs{self._caller.name(job)}"
        return Job(self._caller, cast("JobRecord", self._caller.get(path)))
