"""The state of a ``DummyStorage``: records of several kinds in one SQLite database.

All threads and processes of the service share it. Reads see one moment; writes
happen one after the other, wholly or not at all.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from storage_api.backends.dummy.connections import Connections
from storage_api.backends.dummy.kinds import Kind
from storage_api.backends.dummy.listing import Listings
from storage_api.backends.dummy.schema import BUSY_SECONDS, connect
from storage_api.backends.dummy.transaction import Transaction, View
from storage_api.domain.errors import BackendUnavailable

T = TypeVar("T")


class Store:
    """``durable``: what was written outlives a power cut."""

    def __init__(self, file: Path, *, durable: bool) -> None:
        self._connections = Connections(file, partial(connect, file, durable=durable))
        self._listings = Listings()
        # Threads wait for each other here and not in SQLite, which waits by sleeping.
        self._writer = threading.Lock()

    @contextmanager
    def view(self) -> Iterator[View]:
        """Read; every read inside sees the same moment."""
        with self._connections.lend() as db, _transaction(db, "BEGIN"):
            yield View(db)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Read and write; an exception undoes everything inside."""
        with self._connections.lend() as db, self._turn(), _transaction(db, "BEGIN IMMEDIATE"):
            yield Transaction(db)

    def all(self, kind: Kind[T]) -> list[T]:
        """All records of a kind by scope and name; not to be called inside a view."""
        with self._connections.lend() as db, _transaction(db, "BEGIN"):
            return self._listings.read(db, kind)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise BackendUnavailable("The dummy's store is busy.")
        try:
            yield
        finally:
            self._writer.release()


@contextmanager
def _transaction(db: Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    finally:
        # Still in it: something inside failed, or the commit itself did.
        if db.in_transaction:
            db.execute("ROLLBACK")
