"""What can be done with the records inside one transaction."""

from sqlite3 import Connection
from typing import TypeVar

from storage_api.backends.dummy.codec import decode, encode
from storage_api.backends.dummy.kinds import Index, Kind
from storage_api.domain.errors import BackendMisbehaved
from storage_api.domain.models import Ref

T = TypeVar("T")

_GET = "SELECT body FROM records WHERE kind = ? AND scope = ? AND name = ?"
_MEMBERS = "SELECT body FROM records WHERE kind = ? AND scope = ? ORDER BY created, name"
_COUNT = "SELECT count(*) FROM records WHERE kind = ? AND scope = ?"
_BUMP = """INSERT INTO kinds VALUES (?, 1, 0)
    ON CONFLICT (kind) DO UPDATE SET version = version + 1"""
_VERSION = "SELECT version FROM kinds WHERE kind = ?"
_PUT = """INSERT INTO records (kind, scope, name, created, changed, body)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, scope, name)
    DO UPDATE SET changed = excluded.changed, body = excluded.body"""
_DELETE = "DELETE FROM records WHERE kind = ? AND scope = ? AND name = ?"
_DELETE_MEMBERS = "DELETE FROM records WHERE kind = ? AND scope = ?"
_REMOVED = "UPDATE kinds SET removed = version WHERE kind = ?"


def record_of(kind: Kind[T], body: str) -> T:
    """Raises ``BackendMisbehaved`` where somebody else wrote into the file."""
    try:
        record: T = decode(kind.record, body)
    except (TypeError, ValueError) as error:
        raise BackendMisbehaved("The dummy's store holds a record that cannot be read.") from error
    return record


class View:
    """Reads. A ``scope`` of ``None`` is that of the records that live in nothing."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, kind: Kind[T], ref: Ref) -> T | None:
        row = self._db.execute(_GET, (kind.name, *_key(ref))).fetchone()
        return record_of(kind, row[0]) if row else None

    def has(self, kind: Kind[T], ref: Ref) -> bool:
        return self._db.execute(_GET, (kind.name, *_key(ref))).fetchone() is not None

    def members(self, kind: Kind[T], scope: str | None) -> list[T]:
        """The records of a scope, oldest first."""
        rows = self._db.execute(_MEMBERS, (kind.name, scope or ""))
        return [record_of(kind, body) for (body,) in rows]

    def count(self, kind: Kind[T], scope: str | None) -> int:
        count: int = self._db.execute(_COUNT, (kind.name, scope or "")).fetchone()[0]
        return count

    def find(self, index: Index[T], value: str) -> list[T]:
        """The records whose indexed field is ``value``, in every scope."""
        rows = self._db.execute(index.query, (value,))
        return [record_of(index.kind, body) for (body,) in rows]


class Transaction(View):
    """Reads and writes."""

    def __init__(self, db: Connection) -> None:
        super().__init__(db)
        self._versions: dict[str, int] = {}

    def put(self, kind: Kind[T], ref: Ref, record: T) -> None:
        """Write a record, new or not."""
        version = self._version(kind)
        self._db.execute(_PUT, (kind.name, *_key(ref), version, version, encode(record)))

    def delete(self, kind: Kind[T], ref: Ref) -> bool:
        """Remove a record; false when there was none."""
        removed = self._db.execute(_DELETE, (kind.name, *_key(ref))).rowcount > 0
        self._note_removal(kind, removed=removed)
        return removed

    def delete_members(self, kind: Kind[T], scope: str | None) -> None:
        """Remove every record of a scope."""
        removed = self._db.execute(_DELETE_MEMBERS, (kind.name, scope or "")).rowcount > 0
        self._note_removal(kind, removed=removed)

    def _note_removal(self, kind: Kind[T], *, removed: bool) -> None:
        if removed:
            self._version(kind)
            self._db.execute(_REMOVED, (kind.name,))

    def _version(self, kind: Kind[T]) -> int:
        """The number of this change of the kind; one for the whole transaction."""
        if kind.name not in self._versions:
            self._db.execute(_BUMP, (kind.name,))
            row = self._db.execute(_VERSION, (kind.name,)).fetchone()
            self._versions[kind.name] = row[0]
        return self._versions[kind.name]


def _key(ref: Ref) -> tuple[str, str]:
    return (ref.namespace or "", ref.name)
