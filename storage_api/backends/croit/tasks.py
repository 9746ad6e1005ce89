"""croit's managed tasks: work that goes on after its request was answered."""

import time
from typing import Any

from storage_api.backends.croit.refusals import Refusal, reason_in
from storage_api.backends.croit.session import CroitSession
from storage_api.domain.errors import BackendMisbehaved, BackendTimeout, Conflict
from storage_api.transport.context import REQUEST_SECONDS, seconds_left

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0
_CANCELLED = -256


def is_task(found: Any) -> bool:
    return isinstance(found, dict) and {"id", "state", "done"} <= found.keys()


def wait_for(session: CroitSession, task: dict[str, Any]) -> None:
    """Return when the task has done its work.

    A task that asks something is left to the people who can judge that: nobody is
    answered for here.

    Raises:
        Conflict: it was cancelled, or waits for an answer in croit.
        Refusal: it failed; the reason is that of its output.
        BackendTimeout: it still runs when the time of this request is over; it goes on.
    """
    pause = _FIRST_PAUSE
    end = time.monotonic() + seconds_left(REQUEST_SECONDS)
    number = _number(session, task)
    while not _is_over(session, task, number):
        if time.monotonic() + pause > end:
            raise BackendTimeout(f"{session.name} still works on its task {number}.")
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        task = session.get(["tasks", number])
        if not is_task(task):
            raise _malformed(session)


def _number(session: CroitSession, task: dict[str, Any]) -> str:
    number = task["id"]
    if not isinstance(number, int | str):
        raise _malformed(session)
    return str(number)


def _is_over(session: CroitSession, task: dict[str, Any], number: str) -> bool:
    state, status = task["state"], task.get("statusCode")
    if state == "CANCELED" or status == _CANCELLED:
        raise Conflict(f"{session.name}'s task {number} was cancelled there.")
    if state == "FAILED" or (task["done"] is True and status != 0):
        text = f"{session.name}'s task {number} failed; croit shows why."
        raise Refusal(text, reason_in(str(task.get("output"))))
    if task.get("question") and task["done"] is not True:
        raise Conflict(
            f"{session.name}'s task {number} asks something, and waits until somebody answers "
            "or cancels it in croit."
        )
    return task["done"] is True


def _malformed(session: CroitSession) -> BackendMisbehaved:
    return BackendMisbehaved(f"{session.name} tells of its task what cannot be understood.")
