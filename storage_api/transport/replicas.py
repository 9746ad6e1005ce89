"""What the replicas of the service agree on: who changes what, and what has changed."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError

from storage_api.domain.errors import BackendUnavailable
from storage_api.transport.exclusive import exclusive
from storage_api.transport.shared_redis import RedisDown, SharedRedis
from storage_api.transport.stamp import Stamp
from storage_api.transport.turns import Turns

_PROBE = "storage-api.probe"
_PROBE_SECONDS = 60
_ALONE = "Nothing is shared with other replicas: SAPI_REDIS_URL is not set."
_NOT_KEPT = "Redis keeps its data in memory only (appendonly is no): a restart loses jobs."
_EVICTS = "Redis may drop what it holds (maxmemory-policy is not noeviction), also jobs."


class Replicas:
    """Without ``redis``, an agreement of the processes of this host."""

    def __init__(self, redis: SharedRedis | None = None) -> None:
        self._redis = redis
        self._turns = Turns(redis) if redis else None

    @contextmanager
    def exclusive(self, kind: str, *name: str) -> Iterator[None]:
        """Nobody else is inside with this kind and name; for work that must not meet itself.

        Two names of one kind may exclude each other, so a holder must not ask for another of
        the same kind. Different kinds may be nested, always in the same order.

        Raises:
            Conflict: somebody else was inside for 30 seconds.
            BackendUnavailable: nobody knows who is inside; nothing was done.
        """
        # This host's first: of all its callers one at a time asks Redis.
        with exclusive(kind, *name):
            if self._turns is None:
                yield
                return
            with self._turns.turn(f"{kind}.{_digest(name)}"):
                yield

    def stamp(self, *name: str) -> Stamp:
        """The mark of this name, the same everywhere."""
        return Stamp(*name, redis=self._redis)

    def probe(self) -> str | None:
        """What an operator should know.

        Raises:
            BackendUnavailable: Redis gives nobody a lock, and what follows from that.
        """
        if self._redis is None:
            return _ALONE
        try:
            with self._redis.asking() as client:
                # One that is full, or a copy of another, would still answer questions.
                client.set(_PROBE, 1, ex=_PROBE_SECONDS)
                told = _set_up(client)
        except RedisDown as error:
            raise BackendUnavailable(
                "Redis cannot be asked, or takes no changes: what needs a lock is answered with "
                "503, sign-ons are counted by each process alone."
            ) from error.__cause__
        return _advice(told)


def _set_up(client: Redis) -> dict[str, Any]:
    """Managed services may keep to themselves how they are set up."""
    try:
        told: Any = client.info()
    except NoPermissionError:
        return {}
    return dict(told)


def _advice(told: dict[str, Any]) -> str | None:
    if told.get("aof_enabled") == 0:
        return _NOT_KEPT
    if told.get("maxmemory") and told.get("maxmemory_policy") != "noeviction":
        return _EVICTS
    return None


def _digest(name: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(name).encode()).hexdigest()
