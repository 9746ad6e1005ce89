"""The one Redis of all replicas, and what happens while it cannot be asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.secrets import Secret

#: Callers wait no longer than this for a Redis that is away, and for one that hangs.
_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
#: So long nobody asks a Redis that has just failed; then one tries for all.
_PAUSE_SECONDS = 1.0
#: So often the log says that Redis refuses something.
_TELL_SECONDS = 60.0

log = structlog.get_logger(__name__)


class RedisDown(BackendUnavailable):
    """What was asked may or may not have happened there."""


def redis_pool(url: Secret, answer_seconds: float = _ANSWER_SECONDS) -> ConnectionPool:
    """Connections to ``url``, made when they are needed, and by each process anew."""
    return ConnectionPool.from_url(
        url.reveal(),
        socket_timeout=answer_seconds,
        socket_connect_timeout=_CONNECT_SECONDS,
        # Once more where a connection was cut while it was idle; never where Redis is slow.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


class SharedRedis:
    """One connection pool; safe to share between threads, and to be made before a fork."""

    def __init__(self, url: Secret) -> None:
        self.pool = redis_pool(url)
        self._client = Redis(connection_pool=self.pool)
        self._lock = threading.Lock()
        self._is_down = False
        self._try_at = 0.0
        self._tell_at = 0.0

    @property
    def is_down(self) -> bool:
        """Whether this process's last question failed; asks nobody."""
        return self._is_down

    @contextmanager
    def asking(self) -> Iterator[Redis]:
        """Ask inside, and do nothing else there.

        Raises:
            RedisDown: there was no answer in time, or there was none a moment ago, or Redis
                refused, as one does that is full or a copy of another.
        """
        self._admit()
        try:
            yield self._client
        except ResponseError as error:
            # It is there, and may well answer the next question.
            self._answered()
            self._refused(error)
            raise RedisDown("Redis, which all replicas share, refuses this now.") from error
        except (RedisError, OSError) as error:
            self._failed(error)
            raise RedisDown("Redis, which all replicas share, cannot be asked now.") from error
        self._answered()

    def _admit(self) -> None:
        if not self._is_down:
            return
        with self._lock:
            if time.monotonic() < self._try_at:
                raise RedisDown("Redis, which all replicas share, could not be asked just now.")
            self._try_at = time.monotonic() + _PAUSE_SECONDS

    def _failed(self, error: Exception) -> None:
        with self._lock:
            was_down, self._is_down = self._is_down, True
            self._try_at = time.monotonic() + _PAUSE_SECONDS
        if not was_down:
            log.warning("redis-down", cause=repr(error)[:200])

    def _refused(self, error: ResponseError) -> None:
        with self._lock:
            now = time.monotonic()
            is_news = now >= self._tell_at
            if is_news:
                self._tell_at = now + _TELL_SECONDS
        if is_news:
            log.warning("redis-refuses", cause=repr(error)[:200])

    def _answered(self) -> None:
        if not self._is_down:
            return
        with self._lock:
            was_down, self._is_down = self._is_down, False
            self._try_at = 0.0
        if was_down:
            log.info("redis-up")
