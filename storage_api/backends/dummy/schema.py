"""The database: its tables, and the proof that a file is ours before anything is written to it."""

import sqlite3
from pathlib import Path

from storage_api.backends.dummy.kinds import INDEXES
from storage_api.domain.errors import BackendMisbehaved
from storage_api.transport.exclusive import exclusive

#: Marks the file as ours ("sapi"), so that no other program's database is ever taken for it.
APPLICATION_ID = 0x73617069
VERSION = 1
BUSY_SECONDS = 10.0

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
            # Two that create it at once would refuse each other the change to WAL.
            with exclusive("dummy-store", str(file)):
                if not _is_ours(db):
                    _create(db)
    except BaseException:
        db.close()
        raise
    return db


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether the tables are there; false means that the file is still empty."""
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        if version > VERSION:
            raise BackendMisbehaved("The dummy's store was written by a newer version.")
        return True
    if application or version or db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise BackendMisbehaved("Option 'path' names the database of another program.")
    return False


def _create(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    for statement in (*_TABLES, *(index.statement for index in INDEXES)):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
