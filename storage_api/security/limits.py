"""How often one address may try to sign on."""

import structlog
from limits import parse
from limits.errors import StorageError as LimitStorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from storage_api.domain.secrets import Secret

_REDIS_SECONDS = 1.0

log = structlog.get_logger(__name__)


class SignOnLimit:
    """Counts in this process, or in Redis for all processes together."""

    def __init__(self, redis_url: Secret | None, *, per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(_storage(redis_url))
        self._limit = parse(f"{per_minute}/minute")

    def allows(self, what: str, address: str) -> bool:
        """Counts this try. While Redis cannot be asked nobody is kept out, and the log says so."""
        try:
            return self._limiter.hit(self._limit, "sign-on", what, address)
        except LimitStorageError as error:
            log.warning("sign-on-limit-not-counted", reason=repr(error.storage_error)[:200])
            return True


def _storage(redis_url: Secret | None) -> Storage:
    """Redis is given a second, and no second try: nobody who signs on waits for it."""
    if redis_url is None:
        return MemoryStorage()
    url = redis_url.reveal()
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=_REDIS_SECONDS,
        socket_connect_timeout=_REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return RedisStorage(url, connection_pool=pool, wrap_exceptions=True, key_prefix="storage-api")
