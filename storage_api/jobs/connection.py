"""huey and the leases, over SQLite or Redis; nothing above knows which."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huey import Huey, RedisHuey, SqliteHuey
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from storage_api.domain.secrets import Secret
from storage_api.jobs.leases import FileLeases, Leases, RedisLeases
from storage_api.jobs.record import DATABASE
from storage_api.jobs.serializer import JsonSerializer
from storage_api.jobs.store import reaching

_LEASES = "jobs.leases"
_NAME = "storage-api"
#: Callers wait for a Redis that is away no longer than this.
_CONNECT_SECONDS = 1.0
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
    pool = ConnectionPool.from_url(
        url.reveal(),
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        # Once more where a connection was cut while it was idle; never where Redis is slow.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
    huey = RedisHuey(_NAME, connection_pool=pool, serializer=JsonSerializer(), results=False)
    leases = RedisLeases(huey.storage.conn, lease_seconds)
    return Connection(huey, leases, pool.disconnect)


def _sqlite(directory: Path) -> Connection:
    file = directory / DATABASE
    # Made here, so that nobody else can read it; SQLite gives its other files the same mode.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    huey = SqliteHuey(_NAME, filename=str(file), serializer=JsonSerializer(), results=False)
    return Connection(huey, FileLeases(directory / _LEASES), huey.storage.close)
