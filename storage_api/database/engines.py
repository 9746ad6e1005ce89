"""SQLAlchemy's engines as this service wants them, and its errors in our words."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, event, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import InterfaceError as Unreachable
from sqlalchemy.exc import OperationalError as Unusable
from sqlalchemy.exc import ProgrammingError as Refused
from sqlalchemy.exc import TimeoutError as PoolExhausted

from storage_api.database.patience import PatientConnection, allow_all_time, limit_reading
from storage_api.domain.errors import BackendMisbehaved, BackendRefused, BackendUnavailable

_POOL = 5
_OVERFLOW = 5
_POOL_SECONDS = 10.0
_CONNECT_SECONDS = 5
#: A lock or a statement that takes longer ends in an error before the request does.
_PATIENCE_MS = 60_000
_BUSY_MS = 20_000
_POLL_SECONDS = 0.005
#: Of PostgreSQL's advisory locks, the one under which tables are made ("sapi").
_MAKING_TABLES = 0x73617069
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_WRITES = "storage_api_writes"


def make_engine(address: str) -> Engine:
    """Connects on first use."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise BackendMisbehaved("SAPI_DATABASE_URL is no URL of a database.") from None
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    options: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "options": f"-c statement_timeout={_PATIENCE_MS} -c lock_timeout={_BUSY_MS}",
        "application_name": "storage-api",
    }
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=_POOL_SECONDS,
        hide_parameters=True,
        # What the URL says itself goes before.
        connect_args={name: value for name, value in options.items() if name not in url.query},
    )
    event.listen(engine, "do_connect", _connect_patiently)
    return engine


def _connect_patiently(
    _dialect: object, _record: object, arguments: Sequence[Any], options: Mapping[str, Any]
) -> PatientConnection:
    return PatientConnection.connect(*arguments, **options)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=_POOL_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": _BUSY_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin as _begin_sqlite says
    connection.execute("PRAGMA synchronous = FULL")
    end = time.monotonic() + _BUSY_MS / 1000
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # For this change SQLite itself does not wait for others.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_POLL_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    """A reader that turned writer could find its state outdated and fail at once."""
    writes = connection.get_execution_options().get(_WRITES, False)
    driver: Any = connection.connection.driver_connection
    (allow_all_time if writes else limit_reading)(driver)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def begun(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    options: dict[str, Any] = {_WRITES: writes}
    if engine.dialect.name == "postgresql" and not writes:
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def make_tables(engine: Engine, tables: MetaData) -> None:
    """Make what is missing; of several processes that start together, one does."""
    with begun(engine, writes=True) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(_LOCK, {"key": _MAKING_TABLES})
        tables.create_all(connection)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert what is not there yet, whoever else does so now; answers how many were new."""
    insert = insert_postgresql if connection.dialect.name == "postgresql" else insert_sqlite
    statement = insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return sum(len(connection.execute(statement, row).all()) for row in rows)


def alone(connection: Connection, name: str) -> None:
    """Until this writing transaction ends, no other one that asks for ``name`` goes on."""
    if connection.dialect.name == "postgresql":  # of SQLite's there is only one at a time
        digest = hashlib.sha256(name.encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        connection.execute(_LOCK, {"key": key})


@contextmanager
def translated() -> Iterator[None]:
    """No text of the database or its driver goes on: it may name hosts, accounts and values."""
    try:
        yield
    except (Unusable, Unreachable, PoolExhausted) as error:
        raise BackendUnavailable("The service's database is down or busy.") from error
    except Refused as error:
        raise BackendRefused("The service's database does not let its user do this.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise BackendUnavailable("The connection to the service's database broke.") from error
        raise BackendMisbehaved("The service's database does not answer as it should.") from error
    except SQLAlchemyError as error:
        raise BackendMisbehaved("The service's database does not answer as it should.") from error
    except OSError as error:
        raise BackendUnavailable("There is no place for the service's database.") from error
