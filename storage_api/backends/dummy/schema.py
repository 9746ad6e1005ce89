"""The database: its tables, and the proof that a file is ours before anything is written to it."""

import sqlite3
import time
from pathlib import Path

from storage_api.backends.dummy.kinds import INDEXES
from storage_api.domain.errors import BackendMisbehaved

#: Marks the file as ours ("sapi"), so that no other program's database is ever taken for it.
APPLICATION_ID = 0x73617069
VERSION = 1
BUSY_SECONDS = 10.0
_POLL_SECONDS = 0.005

# ``created`` and ``changed`` are numbers that the kind's ``version`` had when the record was
# first and last written; ``removed`` is the version of the kind's last removal. By them a process
# sees, in one short read, what it does not know yet.
_TABLES = (
    """CREATE TABLE records (
        kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,
        created INTEGER NOT NULL, changed INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (kind, scope, name)
    ) WITHOUT ROWID""",
    "CREATE INDEX records_by_change ON records (kind, changed)",
    """CREATE TABLE kinds (
        kind TEXT PRIMARY KEY, version INTEGER NOT NULL, removed INTEGER NOT NULL
    ) WITHOUT ROWID""",
)


def connect(file: Path, *, durable: bool) -> sqlite3.Connection:
    """Open the database, and create it if there is none.

    Raises:
        BackendMisbehaved: the file is another program's, or a newer version's.
        sqlite3.Error, OSError
    """
    db = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Without this a change that was answered with "done" could be lost in a power cut.
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        if not _is_ours(db):
            _create(db)
        _use_wal(db)
    except BaseException:
        db.close()
        raise
    return db


def _is_ours(db: sqlite3.Connection) -> bool:
    if db.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
        return False
    if db.execute("PRAGMA user_version").fetchone()[0] > VERSION:
        raise BackendMisbehaved("The dummy's store was written by a newer version.")
    return True


def _create(db: sqlite3.Connection) -> None:
    """Fill an empty file; of several processes that want to at once, one does."""
    db.execute("BEGIN IMMEDIATE")
    if not _is_ours(db):
        _check_empty(db)
        for statement in (*_TABLES, *(index.statement for index in INDEXES)):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def _check_empty(db: sqlite3.Connection) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application or version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise BackendMisbehaved("Option 'path' names the database of another program.")


def _use_wal(db: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side. The file stays so once it is."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # For this change SQLite itself does not wait for others.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return
