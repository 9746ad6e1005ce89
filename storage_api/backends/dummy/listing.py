"""Whole lists without decoding them again: each process keeps the records that it has seen.

Every change gives its kind a new version, in the same transaction. So one short
read tells whether the list is still the truth, whoever changed it, and which
records to read if it is not. The records cannot change, so all threads share them.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any, TypeVar

from storage_api.backends.dummy.kinds import Kind
from storage_api.backends.dummy.transaction import record_of

T = TypeVar("T")

_STATE = "SELECT version, removed FROM kinds WHERE kind = ?"
_CHANGED = "SELECT scope, name, body FROM records WHERE kind = ? AND changed > ?"


@dataclass(frozen=True)
class _Listing:
    """The records of a kind at one version, by scope and name, in that order."""

    version: int = 0
    removed: int = 0
    records: Mapping[tuple[str, str], Any] = field(default_factory=dict)


_UNREAD = _Listing()


class Listings:
    """The lists that this process knows."""

    def __init__(self) -> None:
        self._known: dict[str, _Listing] = {}
        self._refresh = threading.Lock()

    def read(self, db: Connection, kind: Kind[T]) -> list[T]:
        """The kind's records, at least as new as the transaction that ``db`` is in."""
        version, removed = db.execute(_STATE, (kind.name,)).fetchone() or (0, 0)
        known = self._known.get(kind.name, _UNREAD)
        if known.version < version:
            with self._refresh:
                known = self._known.get(kind.name, _UNREAD)
                if known.version < version:
                    known = _refreshed(db, kind, known, version, removed)
                    self._known[kind.name] = known
        return list(known.records.values())


def _refreshed(
    db: Connection, kind: Kind[T], known: _Listing, version: int, removed: int
) -> _Listing:
    """``known`` with what changed since; from scratch if something was removed since."""
    since = known.version if removed <= known.version else 0
    records = dict(known.records) if since else {}
    for scope, name, body in db.execute(_CHANGED, (kind.name, since)):
        records[scope, name] = record_of(kind, body)
    return _Listing(version, removed, {key: records[key] for key in sorted(records)})
