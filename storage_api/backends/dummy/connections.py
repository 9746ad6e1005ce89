"""A process's connections to the database, lent to one thread at a time.

None may live on through a fork. A child that uses, or even closes, a connection of
its parent can damage the database; worse, one that merely has it believes that it
holds its parent's locks, and the other processes clean up under its own, newer
connections. So a fork waits until all are returned, and closes them.
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage_api.backends.dummy.faults import explain
from storage_api.domain.errors import BackendUnavailable

_pools: "weakref.WeakSet[Connections]" = weakref.WeakSet()
_noticing = threading.Lock()


class Connections:
    """Opens connections to ``file`` as they are needed, and keeps them for the next use."""

    def __init__(self, file: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._file = file
        self._connect = connect
        self._identity: tuple[int, int] | None = None
        self._idle: list[sqlite3.Connection] = []
        self.restart()
        _pools.add(self)
        weakref.finalize(self, _close_all, self._idle)

    def restart(self) -> None:
        """Begin anew, in a process that was just forked: what was inherited is nobody's here."""
        self._idle.clear()
        self._lent = 0
        self._forks = 0
        self._change = threading.Condition()
        self._pid = os.getpid()

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection, and turn what SQLite reports meanwhile into the domain's errors.

        A thread that has one must not ask for another: a fork could wait between the two.
        """
        try:
            db = self._take()
        except sqlite3.Error as error:
            raise explain(error) from error
        except OSError as error:
            raise BackendUnavailable("The dummy's store cannot be opened.") from error
        keep: sqlite3.Connection | None = db
        try:
            yield db
        except sqlite3.Error as error:
            db.close()
            keep = None
            raise explain(error) from error
        finally:
            self._give_back(keep)

    def _take(self) -> sqlite3.Connection:
        self._notice_fork()
        with self._change:
            self._change.wait_for(lambda: not self._forks)
            self._lent += 1
            db = self._idle.pop() if self._idle else None
        try:
            if db is None:
                db = self._connect()
            self._check_identity()
        except BaseException:
            self._give_back(db)
            raise
        return db

    def _notice_fork(self) -> None:
        """Some servers fork without Python's knowledge.

        Nothing is open at that time: a service builds its back-ends before it forks, and uses
        them after.
        """
        if self._pid != os.getpid():
            with _noticing:
                if self._pid != os.getpid():
                    self.restart()

    def _give_back(self, db: sqlite3.Connection | None) -> None:
        with self._change:
            self._lent -= 1
            if db is not None:
                self._idle.append(db)
            self._change.notify_all()

    def _check_identity(self) -> None:
        """A file that was removed lives on for those who have it open, and ends with them."""
        with suppress(FileNotFoundError):
            found = self._file.stat()
            identity = (found.st_dev, found.st_ino)
            if self._identity is None:
                self._identity = identity
            if identity == self._identity:
                return
        raise BackendUnavailable(
            "The file of the dummy's store was removed or replaced: restart the service."
        )

    def prepare_fork(self) -> None:
        with self._change:
            self._forks += 1
            self._change.wait_for(lambda: not self._lent)
            _close_all(self._idle)

    def resume(self) -> None:
        with self._change:
            self._forks -= 1
            self._change.notify_all()


def _close_all(idle: list[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()


def _before_fork() -> None:
    for pool in list(_pools):
        pool.prepare_fork()


def _after_fork_in_parent() -> None:
    for pool in list(_pools):
        pool.resume()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool.restart()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
