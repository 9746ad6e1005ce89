"""Waits for work that ONTAP goes on with after its answer."""

import time
from collections.abc import Callable
from typing import Any

from storage_api.backends.netapp.refusals import (
    Garbage,
    JobLost,
    JobUnfinished,
    code_of,
    error_of,
    refusal_of_job,
)
from storage_api.domain.errors import BackendTimeout, NotFound
from storage_api.transport.context import REQUEST_SECONDS, seconds_left

Json = dict[str, Any]

FIELDS = "state,message,code,error"
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
_UNDER_WAY = frozenset({"queued", "running", "paused", "pausing"})


def wait_for(name: str, uuid: str, look: Callable[[], Json]) -> None:
    """Return when the job ``uuid`` has succeeded; ``look`` answers its present state.

    Raises:
        JobUnfinished: it outlives the request that is served.
        JobLost: ONTAP no longer knows it, so its outcome is open.
        StorageError: it failed; which one is told by its code.
    """
    end = time.monotonic() + seconds_left(REQUEST_SECONDS)
    pause = _FIRST_PAUSE
    while time.monotonic() + pause < end:
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        job = _state(name, uuid, look)
        if job["state"] == "success":
            return
        if job["state"] not in _UNDER_WAY:
            raise error_of(name, refusal_of_job(job))
    raise _unfinished(name, uuid)


def _state(name: str, uuid: str, look: Callable[[], Json]) -> Json:
    try:
        job = look()
    except NotFound as error:
        if code_of(error) is None:
            raise
        raise JobLost(f"{name} no longer knows the outcome of its job {uuid}.") from error
    except BackendTimeout as error:
        raise _unfinished(name, uuid) from error
    if not isinstance(job.get("state"), str):
        raise Garbage(f"{name} does not tell the state of its job {uuid}.")
    return job


def _unfinished(name: str, uuid: str) -> JobUnfinished:
    return JobUnfinished(
        f"{name} is still at work on this (its job {uuid}); the change may still land."
    )
