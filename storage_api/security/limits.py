"""How often one address may try to sign on."""

from limits import parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from storage_api.transport.shared_redis import RedisDown, SharedRedis

_PREFIX = "storage-api"


class SignOnLimit:
    """Counts in Redis for all processes together; without one, or while it is away, in this one."""

    def __init__(self, redis: SharedRedis | None, *, per_minute: int) -> None:
        self._limit = parse(f"{per_minute}/minute")
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._redis = redis
        if redis is not None:
            # The pool is the one that is used; the URL only has to be one.
            storage = RedisStorage("redis://", connection_pool=redis.pool, key_prefix=_PREFIX)
            self._together = FixedWindowRateLimiter(storage)

    def allows(self, what: str, address: str) -> bool:
        """Counts this try."""
        if self._redis is not None:
            try:
                with self._redis.asking():
                    return self._together.hit(self._limit, "sign-on", what, address)
            except RedisDown:
                pass
        return self._here.hit(self._limit, "sign-on", what, address)
