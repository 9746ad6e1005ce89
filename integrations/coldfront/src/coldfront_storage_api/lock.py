"""One at a time works on an allocation: a page, the queue's cluster and the nightly command."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coldfront_storage_api.failures import Refused
from coldfront_storage_api.settings import current

_AGAIN = 0.05


@contextmanager
def working_on(allocation_pk: int) -> Iterator[None]:
    """Waits as long as a request to the service may take.

    Processes of one host and one account see each other. On several hosts what the service
    promises for requests at once still holds: nothing is made twice.

    Raises:
        Refused: somebody else went on working on it.
    """
    folder = Path(tempfile.gettempdir()) / f"coldfront-storage-api-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Refused("The folder for locks belongs to somebody else.")
    end = time.monotonic() + current().timeout
    # The name differs only where two ColdFronts share a host and an account.
    path = folder / f"{current().site}-{allocation_pk}"
    with path.open("w") as file:
        while not _locked(file.fileno()):
            if time.monotonic() > end:
                raise Refused("Something else is at work on this allocation; try again later.")
            time.sleep(_AGAIN)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
