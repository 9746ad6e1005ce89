"""What this agent made, and for which resource: a small SQLite file on the agent's host.

Users, and buckets and namespaces where the back-end keeps tags or labels, carry a stamp of their
own; volumes cannot. The ledger proves what they cannot: an entry is on the disk before the first
request goes out, so an agent that is killed in the middle knows afterwards that the object with
that name is its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from waldur_site_agent_storage_api.errors import StorageApiUnavailable

Mode = Literal["normal", "downscaled", "paused", "changing"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  place TEXT NOT NULL, name TEXT NOT NULL, resource TEXT NOT NULL, backend_uuid TEXT,
  mode TEXT NOT NULL DEFAULT 'normal', kept TEXT NOT NULL DEFAULT '{}',
  asked TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (place, name)
);
CREATE TABLE IF NOT EXISTS members (
  place TEXT NOT NULL, name TEXT NOT NULL, username TEXT NOT NULL,
  PRIMARY KEY (place, name, username)
);
"""


@dataclass(frozen=True)
class Entry:
    """``resource``: 32 hexadecimal digits. ``kept``: what to put back after a pause.

    ``asked``: by what the back-end holds, what it was asked for; it may have rounded.
    """

    resource: str
    backend_uuid: str | None
    mode: Mode
    kept: dict[str, Any]
    asked: dict[str, dict[str, int]]


class Ledger:
    """Entries of one place: a back-end, a kind and perhaps a namespace.

    Several processes of one host may share the file; every change is on the disk when it returns.
    Every method raises ``StorageApiUnavailable`` where the file cannot be used: an order then
    waits until the disk has room, or its owner is right.
    """

    def __init__(self, directory: Path, place: str) -> None:
        self._directory = directory
        self._place = place

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One at a time makes, changes or deletes ``name``, over threads and processes."""
        with self._lock_file(name) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _lock_file(self, name: str) -> IO[str]:
        folder = self._directory / "locks"
        digest = hashlib.sha256(f"{self._place}\n{name}".encode()).hexdigest()[:32]
        with _usable():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return (folder / digest).open("w")

    def entry(self, name: str) -> Entry | None:
        rows = self._run(
            "SELECT resource, backend_uuid, mode, kept, asked FROM objects "
            "WHERE place = ? AND name = ?",
            *(self._place, name),
        )
        if not rows:
            return None
        resource, backend_uuid, mode, kept, asked = rows[0]
        return Entry(resource, backend_uuid, mode, json.loads(kept), json.loads(asked))

    def begin(self, name: str, resource: str) -> None:
        """``name`` is about to be made: nothing known of an earlier object holds for it."""
        self._run(
            "INSERT OR REPLACE INTO objects (place, name, resource) VALUES (?, ?, ?)",
            *(self._place, name, resource),
        )

    def enter(self, name: str, resource: str, backend_uuid: str | None = None) -> None:
        """``name`` was made for ``resource``."""
        self._run(
            "INSERT INTO objects (place, name, resource, backend_uuid) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (place, name) DO UPDATE SET resource = excluded.resource, "
            "backend_uuid = coalesce(excluded.backend_uuid, backend_uuid)",
            *(self._place, name, resource, backend_uuid),
        )

    def set_mode(self, name: str, mode: Mode, kept: dict[str, Any]) -> None:
        self._run(
            "UPDATE objects SET mode = ?, kept = ? WHERE place = ? AND name = ?",
            *(mode, json.dumps(kept), self._place, name),
        )

    def set_asked(self, name: str, asked: dict[str, dict[str, int]]) -> None:
        self._run(
            "UPDATE objects SET asked = ? WHERE place = ? AND name = ?",
            *(json.dumps(asked), self._place, name),
        )

    def forget(self, name: str) -> None:
        self._run("DELETE FROM members WHERE place = ? AND name = ?", self._place, name)
        self._run("DELETE FROM objects WHERE place = ? AND name = ?", self._place, name)

    def members(self, name: str) -> list[str]:
        rows = self._run(
            "SELECT username FROM members WHERE place = ? AND name = ? ORDER BY username",
            *(self._place, name),
        )
        return [username for (username,) in rows]

    def add_member(self, name: str, username: str) -> None:
        self._run("INSERT OR IGNORE INTO members VALUES (?, ?, ?)", self._place, name, username)

    def remove_member(self, name: str, username: str) -> None:
        self._run(
            "DELETE FROM members WHERE place = ? AND name = ? AND username = ?",
            *(self._place, name, username),
        )

    def _run(self, statement: str, *values: Any) -> list[Any]:
        with _usable():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._directory / "ledger.sqlite"
            # Autocommit: each statement is a transaction, and durable when it returns.
            with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.executescript(_SCHEMA)
                return connection.execute(statement, values).fetchall()


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageApiUnavailable(f"the ledger cannot be used: {error}") from None
