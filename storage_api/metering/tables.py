"""The tables. Times are whole seconds since 1970 UTC.

``samples`` holds runs of figures: what a holder stored from ``at`` until ``until``. Runs of
one holder never overlap. Equal figures that follow each other within a UTC day share one,
so a bucket that nobody touches costs a row a day.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

TABLES = MetaData()

#: Whose usage is known. ``namespace`` is empty for the nameless one. ``owner`` and the quota are
#: as they were found last.
HOLDERS = Table(
    "metering_holders",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("backend", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text),
    Column("quota_bytes", BigInteger),
    Column("quota_objects", BigInteger),
    Column("quota_read_at", BigInteger),
    UniqueConstraint("backend", "kind", "namespace", "name"),
)

#: ``last`` is the moment of the run's last sample, ``samples`` how many it is made of: none for
#: the time in which the holder is known not to exist. ``used_bytes`` is null where it could not
#: be measured. ``after_gap`` says that nothing is known of the moment before ``at``.
SAMPLES = Table(
    "metering_samples",
    TABLES,
    Column("holder_id", ForeignKey(HOLDERS.c.id), primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("used_bytes", BigInteger),
    Column("used_objects", BigInteger),
    Column("samples", Integer, nullable=False),
    Column("after_gap", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
_UNMEASURED = SAMPLES.c.used_bytes.is_(None)
Index(
    "metering_unmeasured",
    SAMPLES.c.holder_id,
    SAMPLES.c.at,
    sqlite_where=_UNMEASURED,
    postgresql_where=_UNMEASURED,
)

#: Who reads a back-end for a slot of time, so that nobody else does; kept as a record.
PASSES = Table(
    "metering_passes",
    TABLES,
    Column("backend", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended", BigInteger),
    Column("measured", Integer),
    Column("unmeasured", Integer),
    Column("error", Text),
)
