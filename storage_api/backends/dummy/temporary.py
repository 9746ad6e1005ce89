"""A private directory that ends with the service that made it.

The service removes it when it exits. A service that was killed cannot, so each one
that starts removes what such ones left. Which directories are in use the kernel
knows: every process of a service holds the lock on a file in its directory, for it
inherits that at the fork, and loses it only by ending.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is private
_LOCK = "lock"


class TemporaryDirectory:
    """``path`` exists from now until this object, or the process that made it, ends.

    Raises:
        OSError: there is no place for it.
    """

    def __init__(self) -> None:
        base = _base()
        prefix = f"storage-api-dummy-{os.getuid()}-"
        with _alone(base / f"{prefix.rstrip('-')}.lock"):
            for sibling in base.glob(f"{prefix}*"):
                _remove_if_abandoned(sibling)
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
            lock = _open(self.path / _LOCK)
            fcntl.flock(lock, fcntl.LOCK_EX)
        weakref.finalize(self, _remove, self.path, lock, os.getpid())


def _base() -> Path:
    """Memory where there is some: what is kept there costs no disk write."""
    if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        return _SHARED_MEMORY
    return Path(tempfile.gettempdir())


@contextlib.contextmanager
def _alone(lock_file: Path) -> Iterator[None]:
    """Nobody removes a directory that somebody else is about to lock."""
    lock = _open(lock_file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone would not do: a child forked meanwhile would go on holding it.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _open(file: Path) -> int:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.fstat(handle).st_uid != os.getuid():
        os.close(handle)
        raise PermissionError(f"{file} belongs to somebody else")
    return handle


def _remove_if_abandoned(directory: Path) -> None:
    with contextlib.suppress(OSError):
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return
        lock = _open(directory / _LOCK)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os.close(lock)


def _remove(directory: Path, lock: int, maker: int) -> None:
    # A forked worker that ends leaves the directory to the others.
    if os.getpid() == maker:
        shutil.rmtree(directory, ignore_errors=True)
    os.close(lock)
