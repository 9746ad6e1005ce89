"""A year of samples of many buckets, written straight into the tables, and what it must cost."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert, text

from storage_api.database import Database
from storage_api.metering.tables import HOLDERS, TABLES

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
SECONDS = 365 * 86_400
STEP = 900
BASE, GROWTH = 10**12, 1_000_003
ENDPOINT = "year"

_SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :runs)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(0, CAST(:runs AS bigint) - 1))",
}
_RUNS = """
INSERT INTO metering_samples
    (holder_id, at, last, until, used_bytes, used_objects, samples, after_gap)
{series}
SELECT h.id, :begin + i * :span, :begin + (i + 1) * :span - :step, :begin + (i + 1) * :span,
    :base + i * :growth * h.id, i, :samples, i = 0
FROM n, metering_holders h WHERE h.backend = :endpoint
ORDER BY h.id, i
"""


def fill(database: Database, buckets: int, *, steps: int) -> int:
    """Samples every 15 minutes, each bucket growing every ``steps`` of them; answers the rows."""
    with database.writing(TABLES) as connection:
        rows = [
            {"id": n, "backend": ENDPOINT, "kind": "bucket", "namespace": "", "name": f"bucket-{n}"}
            for n in range(1, buckets + 1)
        ]
        connection.execute(insert(HOLDERS), rows)
        runs = SECONDS // (steps * STEP)
        _insert(connection, steps, runs)
    return buckets * runs


def _insert(connection: Connection, steps: int, runs: int) -> None:
    statement = _RUNS.format(series=_SERIES[connection.dialect.name])
    values = {"runs": runs, "begin": int(BEGIN.timestamp()), "span": steps * STEP, "step": STEP}
    values |= {"base": BASE, "growth": GROWTH, "samples": steps}
    connection.execute(text(statement), {**values, "endpoint": ENDPOINT})


def byte_seconds(bucket: int, *, steps: int) -> int:
    """The sum of an arithmetic series."""
    span = steps * STEP
    runs = SECONDS // span
    return span * (runs * BASE + GROWTH * bucket * runs * (runs - 1) // 2)
