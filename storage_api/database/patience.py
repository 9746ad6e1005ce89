"""Connections on which nobody waits without end.

PostgreSQL's own limits end what the server is busy with. A server that stands still, or that
the network has lost, ends nothing, and SQLite has no such limits at all.
"""

import time
from sqlite3 import Connection as SqliteConnection
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

#: For each statement, or in SQLite all that one transaction reads: well before uWSGI's harakiri.
SECONDS = 70.0
_SQLITE_STEPS = 100_000


class PatientConnection(Connection[Any]):
    """Closes itself when an answer does not come, so that it is not used again."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises ``OperationalError`` after ``SECONDS``."""
        try:
            return super().wait(gen, interval, SECONDS if timeout is None else timeout)
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def limit_reading(connection: SqliteConnection) -> None:
    """Interrupt the transaction that begins now, if it takes too long."""
    end = time.monotonic() + SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > end, _SQLITE_STEPS)


def allow_all_time(connection: SqliteConnection) -> None:
    """For the transaction that begins now: a sampler may have much to write."""
    connection.set_progress_handler(None, 0)
