"""Waits for work that ONTAP goes on with after its answer."""

import time
from collections.abc import Callable
from typing import Any

from storage_api.backends.netapp.refusals import (
    Garbage,
    JobLost,
    JobUnfinished,
    error_of,
    refusal_of_job,
)
from storage_api.domain.errors import BackendTimeout, BackendUnavailable, StorageError
from storage_api.transport.context import REQUEST_SECONDS, seconds_left

Json = dict[str, Any]

FIELDS = "state,message,code,error"
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
#: Looks in a row that may fail: the filer goes on with the job meanwhile.
_MOST_FAILED_LOOKS = 4
_UNDER_WAY = frozenset({"queued", "running", "paused", "pausing"})


def wait_for(name: str, uuid: str, look: Callable[[], Json]) -> None:
    """Return when the job ``uuid`` has succeeded; ``look`` answers its present state.

    Raises:
        JobUnfinished: it outlives the request that is served.
        JobLost: ONTAP does not tell, or no longer knows, so its outcome is open.
        StorageError: it failed; which one is told by its code.
    """
    end = time.monotonic() + seconds_left(REQUEST_SECONDS)
    pause = _FIRST_PAUSE
    failed = 0
    while time.monotonic() + pause < end and failed < _MOST_FAILED_LOOKS:
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        job = _state(name, uuid, look)
        if job is None:
            failed += 1
            continue
        failed = 0
        if job["state"] == "success":
            return
        if job["state"] not in _UNDER_WAY:
            raise error_of(name, refusal_of_job(job))
    raise _unfinished(name, uuid)


def _state(name: str, uuid: str, look: Callable[[], Json]) -> Json | None:
    """``None`` if the filer cannot be asked now. Whatever it answers, the job was accepted."""
    try:
        job = look()
    except (BackendUnavailable, Garbage):
        return None
    except BackendTimeout as error:
        raise _unfinished(name, uuid) from error
    except StorageError as error:
        raise JobLost(
            f"{name} does not tell, or no longer knows the outcome of its job {uuid}."
        ) from error
    if not isinstance(job.get("state"), str):
        raise Garbage(f"{name} does not tell the state of its job {uuid}.")
    return job


def _unfinished(name: str, uuid: str) -> JobUnfinished:
    return JobUnfinished(
        f"{name} may still be at work on this (its job {uuid}); the change may still land."
    )
