"""The directory in which the processes of one service keep their figures together.

Each process takes the lowest number that no living process has, and counts in the files of
that number: a worker that replaces another goes on where that one stopped, and there are never
more files than there were processes at once. The kernel gives a number free when its holder
dies, however it dies.
"""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import values

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LOCK, _SLOT, _OWNER = "lock", "slot-", "owner"


class _Numbers:
    """Gives prometheus_client the number of whatever process asks."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._pid = 0
        self._number = ""
        self._handle: int | None = None

    def __call__(self) -> str:
        if self._pid != os.getpid():
            self._take()
        return self._number

    def _take(self) -> None:
        if self._handle is not None:
            os.close(self._handle)  # the parent's, which keeps its own copy
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.directory):
            for number in itertools.count():
                self._handle = _lock_of(self.directory / f"{_SLOT}{number}")
                if self._handle is not None:
                    _forget_present(self.directory, str(number))
                    self._pid, self._number = os.getpid(), str(number)
                    return


_numbers: _Numbers | None = None


def share(given: str | None) -> Path:
    """Count in ``given``, or in a private directory, with all processes of this service.

    To be called before anything is counted; further calls change nothing. Figures of a
    service that has ended are dropped, also where they lie in ``given``.

    Raises:
        OSError: the directory cannot be used.
    """
    global _numbers  # noqa: PLW0603  # prometheus_client's state is the process's, too
    if _numbers is not None:
        return _numbers.directory
    owner = _owner()
    if given:
        directory = Path(given)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        numbers = _begin(directory, owner)
    else:
        parent = _private_parent()
        with _locked(parent):
            _sweep(parent, keep=owner)
            directory = parent / owner
            directory.mkdir(mode=0o700, exist_ok=True)
            numbers = _begin(directory, owner)
    os.environ[_VARIABLE] = str(directory)  # noqa: TID251  # prometheus_client takes it from there
    values.ValueClass = values.MultiProcessValue(numbers)  # type: ignore[no-untyped-call]
    _numbers = numbers
    return directory


def shared_directory() -> Path | None:
    """Where this service's processes count; ``None`` if this process counts alone."""
    return _numbers.directory if _numbers else None


def living_processes(directory: Path) -> int:
    """How many count in ``directory``; drops what was true of others only while they lived."""
    with _locked(directory):
        living = _forget_dead(directory)
    _keep_young(directory)
    return living


def _keep_young(directory: Path) -> None:
    """So that nobody who clears temporary files by their age takes a living process's number."""
    for file in (directory, *directory.iterdir()):
        with suppress(FileNotFoundError, PermissionError):
            os.utime(file)


def _forget_dead(directory: Path) -> int:
    living = 0
    for slot in directory.glob(f"{_SLOT}*"):
        handle = _lock_of(slot)
        if handle is None:
            living += 1
            continue
        _forget_present(directory, slot.name.removeprefix(_SLOT))
        os.close(handle)
    return living


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _lock_of(file: Path) -> int | None:
    """A handle that holds the file's lock, or ``None`` if somebody else does."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _begin(directory: Path, owner: str) -> _Numbers:
    """Empty what another service has left, and take this process's number."""
    mark = directory / _OWNER
    with _locked(directory):
        same = mark.is_file() and mark.read_text() == owner
        if not same and not _forget_dead(directory):
            for file in directory.glob("*.db"):
                file.unlink()
            for file in directory.glob("kept-*"):
                file.unlink()
        mark.write_text(owner)
    numbers = _Numbers(directory)
    numbers()
    return numbers


def _forget_present(directory: Path, number: str) -> None:
    for file in directory.glob(f"gauge_live*_{number}.db"):
        file.unlink(missing_ok=True)


def _private_parent() -> Path:
    path = Path(tempfile.gettempdir()) / f"storage-api-metrics-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.lstat().st_uid != os.getuid() or path.is_symlink():
        raise PermissionError(f"{path} belongs to somebody else")
    return path


def _sweep(parent: Path, *, keep: str) -> None:
    for directory in parent.iterdir():
        if directory.is_dir() and directory.name != keep and not _forget_dead(directory):
            shutil.rmtree(directory, ignore_errors=True)


def _owner() -> str:
    """Names the service: the oldest of the processes that run the same command as this one.

    Workers of uWSGI and gunicorn have their master's command line, whether the master loads
    the application or each worker does.
    """
    pid = os.getpid()
    with suppress(OSError):
        while (parent := int(_stat(pid)[1])) and _command(parent) == _command(pid):
            pid = parent
        return f"{pid}-{_stat(pid)[19]}"
    return str(pid)


def _stat(pid: int) -> list[str]:
    """Fields of the process's status from the third one on: state, parent, …, start time."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
