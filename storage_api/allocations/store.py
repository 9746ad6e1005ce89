"""The table of allocations. Every change is one short transaction."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from storage_api.allocations.entry import Entry, Part
from storage_api.backends.allocations import AllocationWish
from storage_api.database import Database, engines
from storage_api.domain.errors import AlreadyExists, BackendError
from storage_api.domain.models import AllocationState

TABLES = MetaData()
ALLOCATIONS = Table(
    "allocations",
    TABLES,
    Column("backend", String(63), primary_key=True),
    Column("name", String(128), primary_key=True),
    # Whatever the names of two allocations are, they never share a namespace.
    Column("namespace", String(64), nullable=False),
    Column("wish", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", String(1000)),
    Column("made", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    UniqueConstraint("backend", "namespace"),
)
_DETAIL_LENGTH = 1000


class Store:
    """Allocations as recorded; the same for all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def alone(self, backend: str, name: str) -> Iterator[None]:
        """Hold a lock of all hosts that share a PostgreSQL; an SQLite file is of one host.

        Raises:
            BackendUnavailable: another host held it for too long.
        """
        with ExitStack() as held:
            connection = held.enter_context(self._database.reading(TABLES))
            if connection.dialect.name == "postgresql":
                engines.alone(connection, f"allocation\0{backend}\0{name}")
            else:
                held.close()
            yield
            # What was done is done, and may come with a secret that is told only once.
            with suppress(BackendError):
                held.close()

    def list(self, backend: str) -> list[Entry]:
        """By name."""
        query = select(ALLOCATIONS).where(ALLOCATIONS.c.backend == backend)
        with self._database.reading(TABLES) as connection:
            rows = connection.execute(query.order_by(ALLOCATIONS.c.name)).all()
        return [_entry(row) for row in rows]

    def find(self, backend: str, name: str) -> Entry | None:
        with self._database.reading(TABLES) as connection:
            row = connection.execute(select(ALLOCATIONS).where(_is(backend, name))).first()
        return None if row is None else _entry(row)

    def add(self, entry: Entry) -> None:
        """Record what is about to be made.

        Raises:
            AlreadyExists: the name or the namespace belongs to an allocation already.
        """
        values = {"backend": entry.backend, "name": entry.name, **_values(entry)}
        values |= {"namespace": entry.wish.namespace, "created": entry.created}
        with self._database.writing(TABLES) as connection:
            try:
                connection.execute(insert(ALLOCATIONS).values(**values))
            except IntegrityError:
                raise AlreadyExists(
                    f"The namespace {entry.wish.namespace!r} belongs to another allocation."
                ) from None

    def save(self, entry: Entry) -> None:
        change = update(ALLOCATIONS).where(_is(entry.backend, entry.name))
        with self._database.writing(TABLES) as connection:
            connection.execute(change.values(**_values(entry)))

    def remove(self, entry: Entry) -> None:
        with self._database.writing(TABLES) as connection:
            connection.execute(delete(ALLOCATIONS).where(_is(entry.backend, entry.name)))


def _is(backend: str, name: str) -> ColumnElement[bool]:
    return (ALLOCATIONS.c.backend == backend) & (ALLOCATIONS.c.name == name)


def _values(entry: Entry) -> dict[str, object]:
    return {
        "wish": asdict(entry.wish),
        "state": entry.state.value,
        "detail": entry.detail[:_DETAIL_LENGTH] if entry.detail else None,
        "made": [part.value for part in entry.made],
    }


def _entry(row: Row) -> Entry:  # type: ignore[type-arg]  # columns are named, not counted
    created = row.created if row.created.tzinfo else row.created.replace(tzinfo=UTC)
    return Entry(
        backend=row.backend,
        wish=AllocationWish(**row.wish),
        created=created,
        state=AllocationState(row.state),
        detail=row.detail,
        made=[Part(part) for part in row.made],
    )
