"""huey and the leases, over SQLite or Redis; nothing above knows which."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huey import Huey, RedisHuey, SqliteHuey

from storage_api.domain.secrets import Secret
from storage_api.jobs.record import DATABASE
from storage_api.jobs.serializer import JsonSerializer
from storage_api.jobs.store import reaching
from storage_api.transport.leases import FileLeases, Leases, RedisLeases
from storage_api.transport.shared_redis import redis_pool

_LEASES = "jobs.leases"
_NAME = "storage-api"
#: More than huey's second of waiting for work.
_ANSWER_SECONDS = 3.0


@dataclass(frozen=True)
class Connection:
    """What one process has of the store; not to be used after a fork."""

    huey: Huey
    leases: Leases
    close: Callable[[], object]


def connect(directory: Path | None, redis_url: Secret | None, lease_seconds: float) -> Connection:
    """Redis if there is a URL, or else SQLite in ``directory``.

    Raises:
        StoreDown: SQLite's file cannot be used. Redis is not asked yet.
    """
    with reaching():
        if redis_url is not None:
            return _redis(redis_url, lease_seconds)
        if directory is None:
            raise ValueError("neither a directory nor a URL")
        return _sqlite(directory)


def _redis(url: Secret, lease_seconds: float) -> Connection:
    pool = redis_pool(url, _ANSWER_SECONDS)
    huey = RedisHuey(_NAME, connection_pool=pool, serializer=JsonSerializer(), results=False)
    leases = RedisLeases(huey.storage.conn, lease_seconds)
    return Connection(huey, leases, pool.disconnect)


def _sqlite(directory: Path) -> Connection:
    file = directory / DATABASE
    # Made here, so that nobody else can read it; SQLite gives its other files the same mode.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    huey = SqliteHuey(_NAME, filename=str(file), serializer=JsonSerializer(), results=False)
    return Connection(huey, FileLeases(directory / _LEASES), huey.storage.close)
