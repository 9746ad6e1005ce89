"""Keeps what the holders' limits were lately, for plots against them."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, select, update

from storage_api.backends.accounting import QuotaStore
from storage_api.database import Database
from storage_api.domain.errors import NotFound, StorageError
from storage_api.domain.models import Quota
from storage_api.metering.recording import holder_of
from storage_api.metering.tables import HOLDERS, TABLES

#: Limits read after each pass, those that were read longest ago first.
_A_PASS = 100

log = structlog.get_logger(__name__)


def refresh_quotas(database: Database, endpoint: str, backend: object) -> None:
    """Read some limits anew, so that in a few passes all are; one that cannot be read stays.

    Raises:
        BackendError: the database failed.
    """
    if not isinstance(backend, QuotaStore):
        return
    oldest = (
        select(HOLDERS)
        .where(
            HOLDERS.c.backend == endpoint,
            HOLDERS.c.kind.in_([str(kind) for kind in backend.quota_holders]),
        )
        .order_by(HOLDERS.c.quota_read_at.asc().nulls_first(), HOLDERS.c.id)
        .limit(_A_PASS)
    )
    with database.reading(TABLES) as connection:
        rows = connection.execute(oldest).all()
    found = list(_read(backend, rows))
    if not found:
        return
    changed = (
        update(HOLDERS)
        .where(HOLDERS.c.id == bindparam("of"))
        .values(
            quota_bytes=bindparam("bytes"),
            quota_objects=bindparam("objects"),
            quota_read_at=int(time.time()),
        )
    )
    with database.writing(TABLES) as connection:
        connection.execute(changed, found)


def _read(backend: QuotaStore, rows: Iterable[Row[Any]]) -> Iterator[dict[str, int | None]]:
    """What to write of each; whose limit cannot be read has had its turn, too."""
    for row in rows:
        try:
            quota = _quota(backend, row)
        except StorageError as error:
            log.warning("quota-not-read", id=row.id, kind=error.slug, detail=str(error))
            yield {"of": row.id, "bytes": row.quota_bytes, "objects": row.quota_objects}
            if error.retryable:  # nor would the others be
                return
        else:
            limits = (quota.max_bytes, quota.max_objects) if quota.enabled else (None, None)
            yield {"of": row.id, "bytes": limits[0], "objects": limits[1]}


def _quota(backend: QuotaStore, row: Row[Any]) -> Quota:
    try:
        return backend.get_quota(holder_of(row))
    except NotFound:  # deleted
        return Quota()
