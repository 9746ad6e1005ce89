"""Who holds a lease is alone at work; a lease ends with the process that holds it."""

import fcntl
import os
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

_POLL_SECONDS = 0.02
#: This part of a lease's time is left for the step that is being done when it runs out.
_MARGIN = 0.2


class Lease(ABC):
    """One that was taken; leaving the ``with`` block gives it back."""

    @property
    @abstractmethod
    def held(self) -> bool:
        """Whether it is ours still; asks nobody."""

    @abstractmethod
    def renew(self) -> None:
        """Keep it. Once lost it stays lost."""

    @abstractmethod
    def release(self) -> None:
        """Give it back; what was lost is no error. Raises ``RedisError`` if nobody was told."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A Redis that is away forgets it in time.
        with suppress(RedisError):
            self.release()


class Leases(ABC):
    """The leases of one store, by name."""

    def take(self, name: str, patience: float = 0.0) -> Lease | None:
        """The lease, or ``None`` if somebody else kept it for ``patience`` seconds."""
        end = time.monotonic() + patience
        while True:
            lease = self._try(name)
            if lease is not None or time.monotonic() >= end:
                return lease
            time.sleep(_POLL_SECONDS)

    @abstractmethod
    def _try(self, name: str) -> Lease | None: ...

    @abstractmethod
    def is_taken(self, name: str) -> bool:
        """Whether somebody holds it."""

    @abstractmethod
    def forget(self, name: str) -> None:
        """It will not be asked for again."""


class FileLeases(Leases):
    """One file each, locked; the kernel frees it if the process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def _try(self, name: str) -> "_FileLease | None":
        file = self._folder / name
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Else it was forgotten meanwhile: the lock is on a file that nobody finds.
            if os.fstat(handle).st_ino == file.stat().st_ino:
                return _FileLease(handle)
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        return None

    def is_taken(self, name: str) -> bool:
        if not (self._folder / name).exists():
            return False
        lease = self._try(name)
        if lease is not None:
            lease.release()
        return lease is None

    def forget(self, name: str) -> None:
        lease = self._try(name)
        if lease is not None:
            with lease:
                (self._folder / name).unlink()


class _FileLease(Lease):
    def __init__(self, handle: int) -> None:
        self._handle = handle

    @property
    def held(self) -> bool:
        return True

    def renew(self) -> None:
        """The kernel keeps it."""

    def release(self) -> None:
        os.close(self._handle)


class RedisLeases(Leases):
    """Keys that run out after ``seconds`` unless they are renewed."""

    def __init__(self, client: Redis, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    def _lock(self, name: str) -> Lock:
        key = f"storage-api.lease.{name}"
        return Lock(self._client, key, timeout=self._seconds, thread_local=False)

    def _try(self, name: str) -> "_RedisLease | None":
        lock, asked = self._lock(name), time.monotonic()
        if not lock.acquire(blocking=False):
            return None
        return _RedisLease(lock, self._seconds * (1 - _MARGIN), asked)

    def is_taken(self, name: str) -> bool:
        return self._lock(name).locked()

    def forget(self, name: str) -> None:
        """They run out."""


class _RedisLease(Lease):
    def __init__(self, lock: Lock, seconds: float, asked: float) -> None:
        self._lock = lock
        self._seconds = seconds
        self._until = asked + seconds

    @property
    def held(self) -> bool:
        return time.monotonic() < self._until

    def renew(self) -> None:
        asked = time.monotonic()
        if asked >= self._until:
            return
        try:
            self._lock.reacquire()
        except LockError:
            self._until = 0.0
        else:
            self._until = asked + self._seconds

    def release(self) -> None:
        with suppress(LockError):
            self._lock.release()
