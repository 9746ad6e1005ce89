"""One caller at a time, over all threads and processes of this host."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage_api.domain.errors import Conflict
from storage_api.transport.context import seconds_left

_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.01


@contextmanager
def exclusive(*name: str) -> Iterator[None]:
    """Hold the lock called ``name``; the kernel frees it if the process dies.

    Raises:
        Conflict: somebody else held it for 30 seconds.
    """
    digest = hashlib.sha256("\0".join(name).encode()).hexdigest()
    handle = os.open(_directory() / digest[:3], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(handle)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int) -> None:
    end = time.monotonic() + seconds_left(_PATIENCE_SECONDS)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise Conflict("Another request is changing the same thing.") from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def _directory() -> Path:
    """A private directory; there are at most 4,096 lock files in it, one for each digest start."""
    path = Path(tempfile.gettempdir()) / f"storage-api-locks-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.lstat().st_uid != os.getuid() or path.is_symlink():
        raise PermissionError(f"{path} belongs to somebody else")
    return path
