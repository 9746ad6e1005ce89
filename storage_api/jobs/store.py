"""The jobs' records, in the storage of huey's queue."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from sqlite3 import Error as SqliteError

from huey import Huey
from huey.constants import EmptyData
from redis.exceptions import RedisError

from storage_api.domain.errors import BackendUnavailable
from storage_api.jobs.record import UNFINISHED, Record, dump, now, parse

_RECORD = "job:"
_STOP = "stop:"
_CONSUMER = "consumer"


class StoreDown(BackendUnavailable):
    """Jobs can neither be taken nor looked at now."""


@contextmanager
def reaching() -> Iterator[None]:
    """Whatever the store's library or the disk says, in our words."""
    try:
        yield
    except (SqliteError, RedisError, OSError) as error:
        raise StoreDown("The store of the jobs cannot be used now.") from error


class Store:
    """Every method may raise ``StoreDown``. Only who holds a job's lease writes its record."""

    def __init__(self, huey: Huey) -> None:
        self._storage = huey.storage

    def put(self, record: Record) -> None:
        with reaching():
            self._storage.put_data(_RECORD + record.job.id, dump(record))

    def get(self, job: str) -> Record | None:
        with reaching():
            found = self._storage.peek_data(_RECORD + job)
        return None if found is EmptyData else parse(found)

    def all(self) -> list[Record]:
        """All that can be read, newest first."""
        return [record for data in self._newest_first() if (record := parse(data)) is not None]

    def unfinished(self) -> list[Record]:
        """Those that have not ended, newest first."""
        found = (parse(data) for data in self._newest_first() if _may_be_unfinished(data))
        return [record for record in found if record is not None and not record.ended]

    def _newest_first(self) -> list[bytes]:
        with reaching():
            items = self._storage.result_items()
        names = sorted((name for name in items if name.startswith(_RECORD)), reverse=True)
        return [items[name] for name in names]

    def remove(self, job: str) -> None:
        with reaching():
            self._storage.delete_data(_RECORD + job)
            self._storage.delete_data(_STOP + job)

    def ask_to_stop(self, job: str) -> None:
        """Anybody may: it stands beside the record."""
        with reaching():
            self._storage.put_data(_STOP + job, b"1")

    def is_asked_to_stop(self, job: str) -> bool:
        with reaching():
            return bool(self._storage.has_data_for_key(_STOP + job))

    def consumer_is_here(self) -> None:
        with reaching():
            self._storage.put_data(_CONSUMER, now().isoformat().encode())

    def consumer_seen(self) -> datetime | None:
        """When any consumer last was here."""
        with reaching():
            found = self._storage.peek_data(_CONSUMER)
        return None if found is EmptyData else datetime.fromisoformat(bytes(found).decode())


def _may_be_unfinished(data: bytes) -> bool:
    """Most have ended; to tell that without parsing them takes a tenth of the time."""
    return any(b'"state":"%b"' % state.encode() in data for state in UNFINISHED)
