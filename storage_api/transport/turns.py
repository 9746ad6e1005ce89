"""Whose turn it is to change something, over all replicas, and that it is so still.

A turn is a lease in Redis. One thread of the process renews those that are held; who has
lost one sends nothing to a vendor any more that could change anything.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import structlog

from storage_api.domain.errors import Conflict
from storage_api.transport.context import seconds_left
from storage_api.transport.gate import GateShut
from storage_api.transport.leases import Lease, RedisLeases
from storage_api.transport.shared_redis import RedisDown, SharedRedis

#: A process that died keeps others waiting for so long.
LEASE_SECONDS = 10.0
_RENEW_SECONDS = 2.0
_PATIENCE_SECONDS = 30.0
_RETRY_AFTER = 5

_held: ContextVar[tuple[Lease, ...]] = ContextVar("turns", default=())

log = structlog.get_logger(__name__)


class TurnLost(GateShut):
    """Another replica may be changing the same thing by now."""


def check_turns() -> None:
    """To be called before anything is sent that may change something at a vendor.

    Raises:
        TurnLost: what this caller had to itself it has no more.
    """
    if all(lease.held for lease in _held.get()):
        return
    log.warning("turn-lost")
    raise TurnLost(
        "Redis could not be asked for some seconds, so this request lost its turn and stopped "
        "where it was. The same request, sent again, goes on with what is there.",
        retry_after=_RETRY_AFTER,
    )


class Turns:
    """Of one Redis."""

    def __init__(self, redis: SharedRedis, seconds: float = LEASE_SECONDS) -> None:
        self._redis = redis
        self._seconds = seconds
        self._keeper = _Keeper(redis, min(_RENEW_SECONDS, seconds / 5))

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Nobody else has the turn of this name meanwhile, in any process of any replica.

        Raises:
            Conflict: somebody else had it for 30 seconds.
            RedisDown: nobody knows who has it.
        """
        lease = self._take(name)
        before = _held.set((*_held.get(), lease))
        self._keeper.keep(lease)
        try:
            yield
        finally:
            self._keeper.leave(lease)
            _held.reset(before)
            # It runs out by itself.
            with suppress(RedisDown), self._redis.asking():
                lease.release()

    def _take(self, name: str) -> Lease:
        try:
            with self._redis.asking() as client:
                leases = RedisLeases(client, self._seconds)
                lease = leases.take(name, seconds_left(_PATIENCE_SECONDS))
        except RedisDown as error:
            raise RedisDown(
                "Nothing is changed now: Redis, which keeps two replicas from changing the same "
                "thing at once, cannot be asked.",
                retry_after=_RETRY_AFTER,
            ) from error.__cause__
        if lease is None:
            raise Conflict("Another request is changing the same thing.")
        return lease


class _Keeper:
    """Its thread is there while anything is held, and some seconds longer."""

    def __init__(self, redis: SharedRedis, every: float) -> None:
        self._redis = redis
        self._every = every
        self._lock = threading.Lock()
        self._leases: set[Lease] = set()
        self._thread: threading.Thread | None = None

    def keep(self, lease: Lease) -> None:
        with self._lock:
            self._leases.add(lease)
            # After a fork there is none that is alive.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="turns", daemon=True)
                self._thread.start()

    def leave(self, lease: Lease) -> None:
        with self._lock:
            self._leases.discard(lease)

    def _run(self) -> None:
        while True:
            time.sleep(self._every)
            with self._lock:
                leases = list(self._leases)
                if not leases:
                    self._thread = None
                    return
            for lease in leases:
                with suppress(RedisDown), self._redis.asking():
                    lease.renew()
