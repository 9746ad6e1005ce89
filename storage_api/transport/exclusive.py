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
def exclusive(kind: str, *name: str) -> Iterator[None]:
    """Hold the lock of this kind and name; the kernel frees it if the process dies.

    Two names of one kind may share a lock, so a holder must not ask for another of the
    same kind. Locks of different kinds may be nested, always in the same order.

    Raises:
        Conflict: somebody else held it for 30 seconds.
    """
    digest = hashlib.sha256("\0".join(name).encode()).hexdigest()
    file = private_directory() / f"{kind}-{digest[:3]}"
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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


def private_directory() -> Path:
    """A private directory; it holds at most 4,096 files of each kind, one for a digest's start."""
    path = Path(tempfile.gettempdir()) / f"storage-api-locks-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.lstat().st_uid != os.getuid() or path.is_symlink():
        raise PermissionError(f"{path} belongs to somebody else")
    return path
