"""The service's own database: PostgreSQL or SQLite, connected on first use.

Several packages keep tables here. Each gives its own when it begins a transaction, and
finds them made. SQLAlchemy is imported with the first transaction, never at start.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage_api.domain.secrets import Secret

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

FILE_NAME = "storage-api.sqlite"


class Database:
    """One for a process, for any number of threads; a fork may lie between its making and use.

    ``url`` is a ``postgresql://`` or ``sqlite:///`` one; without it, ``directory`` says where
    the SQLite file is.
    """

    def __init__(self, url: Secret | None, directory: Callable[[], Path]) -> None:
        self._url = url
        self._directory = directory
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._process = 0
        self._made: set[int] = set()

    @contextmanager
    def reading(self, tables: "MetaData") -> Iterator["Connection"]:
        """A transaction that sees one state of ``tables`` from its first to its last query.

        Raises:
            BackendUnavailable: the database is down, or as busy as we allow.
            BackendRefused: it does not let us do this.
            BackendMisbehaved: what is there is no database of ours.
        """
        with self._transaction(tables, writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self, tables: "MetaData") -> Iterator["Connection"]:
        """A transaction that is kept as a whole, or not at all if an error leaves it.

        Raises:
            BackendError: as for ``reading``.
        """
        with self._transaction(tables, writes=True) as connection:
            yield connection

    def is_there(self) -> bool:
        """Whether anything may be kept; SQLite's file appears with the first transaction."""
        return self._url is not None or (self._directory() / FILE_NAME).exists()

    def close(self) -> None:
        """Close the connections that nobody uses; the next transaction makes new ones."""
        with self._lock:
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()

    @contextmanager
    def _transaction(self, tables: "MetaData", *, writes: bool) -> Iterator["Connection"]:
        from storage_api.database import engines  # noqa: PLC0415  # slow to import

        with engines.translated():
            engine = self._ready(tables)
            with engines.begun(engine, writes=writes) as connection:
                yield connection

    def _ready(self, tables: "MetaData") -> "Engine":
        """The engine of this process, with ``tables`` made."""
        from storage_api.database import engines  # noqa: PLC0415  # slow to import

        with self._lock:
            if self._engine is None or self._process != os.getpid():
                # A forked process must not share its parent's connections.
                if self._closing is not None:
                    self._closing.detach()
                self._engine = engines.make_engine(self._address())
                self._closing = weakref.finalize(self, self._engine.dispose)
                self._process = os.getpid()
                self._made = set()
            engine, made = self._engine, self._made
        # Not one after the other: a server that does not answer costs each caller its time-out.
        if id(tables) not in made:
            engines.make_tables(engine, tables)
            made.add(id(tables))
        return engine

    def _address(self) -> str:
        if self._url is not None:
            return self._url.reveal()
        return f"sqlite:///{self._directory() / FILE_NAME}"
