"""Keeps what the holders' limits were lately, for plots against them."""

import time
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from storage_api.backends.accounting import QuotaStore
from storage_api.database import Database
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Quota
from storage_api.metering.recording import holder_of
from storage_api.metering.tables import HOLDERS, TABLES

#: Limits read after each pass, those that were read longest ago first.
_A_PASS = 100


def refresh_quotas(database: Database, endpoint: str, backend: object) -> None:
    """Read some limits anew, so that in a few passes all are.

    Raises:
        BackendError: the back-end or the database failed.
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
    found = []
    for row in rows:
        quota = _quota(backend, row)
        limits = (quota.max_bytes, quota.max_objects) if quota.enabled else (None, None)
        found.append({"of": row.id, "bytes": limits[0], "objects": limits[1]})
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


def _quota(backend: QuotaStore, row: Row[Any]) -> Quota:
    try:
        return backend.get_quota(holder_of(row))
    except NotFound:  # deleted
        return Quota()
