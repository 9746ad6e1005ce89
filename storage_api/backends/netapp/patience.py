"""Asks ONTAP again where it refuses for a reason that passes."""

import time
from collections.abc import Callable
from typing import TypeVar

from storage_api.backends.netapp.refusals import Refusal, refusal_of
from storage_api.domain.errors import StorageError
from storage_api.transport.context import seconds_left

T = TypeVar("T")

#: Seconds, for all attempts together.
_PATIENCE = 30.0
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 10.0


def patiently(
    attempt: Callable[[], T], passes: Callable[[Refusal], bool] = lambda refusal: refusal.is_busy
) -> T:
    """Try again what was refused because something else is under way there."""
    end = time.monotonic() + _PATIENCE
    pause = _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except StorageError as error:
            refusal = refusal_of(error)
            if refusal is None or not passes(refusal) or time.monotonic() + pause > end:
                raise
            if pause >= seconds_left(pause + 1.0):
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
