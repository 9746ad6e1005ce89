"""Tells every process, of this host or of all replicas, that something has changed."""

import hashlib
import os
import time
from typing import Any

from storage_api.transport.exclusive import private_directory
from storage_api.transport.shared_redis import RedisDown, SharedRedis

#: Never goes back: what was seen in Redis, and on this host.
Mark = tuple[int, int]

_KEY_SECONDS = 24 * 3600
#: Microseconds by Redis' own clock: also after it has lost its data a mark only moves on.
_ADVANCE = f"""
local time = redis.call('TIME')
local mark = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if mark <= last then mark = last + 1 end
redis.call('SET', KEYS[1], string.format('%.0f', mark), 'EX', {_KEY_SECONDS})
"""


class Stamp:
    """A mark that moves on with every change; the same name is the same mark everywhere."""

    def __init__(self, *name: str, redis: SharedRedis | None = None) -> None:
        #: What is marked, without which one of its kind.
        self.kind = name[0]
        self._name = f"stamp-{hashlib.sha256(chr(0).join(name).encode()).hexdigest()[:16]}"
        self._redis = redis
        self._seen = 0
        self._is_owed = False

    def read(self) -> Mark:
        """Differs from what was read before if there was a change in between.

        While Redis is away, changes by other hosts are not seen.
        """
        return self._shared(), self._local()

    def advance(self) -> None:
        """Say that something has changed; Redis, if it is away now, is told with the next read."""
        self._advance_local()
        if self._redis is None:
            return
        self._is_owed = True
        try:
            self._pay(self._redis)
        except RedisDown:
            return

    def _shared(self) -> int:
        if self._redis is None:
            return 0
        try:
            if self._is_owed:
                self._pay(self._redis)
            with self._redis.asking() as client:
                found: Any = client.get(self._key)
        except RedisDown:
            return self._seen
        self._seen = max(self._seen, int(found or 0))
        return self._seen

    def _pay(self, redis: SharedRedis) -> None:
        with redis.asking() as client:
            client.eval(_ADVANCE, 1, self._key)
        self._is_owed = False

    @property
    def _key(self) -> str:
        return f"storage-api.{self._name}"

    def _local(self) -> int:
        try:
            return (private_directory() / self._name).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _advance_local(self) -> None:
        file = private_directory() / self._name
        moment = max(time.time_ns(), self._local() + 1)
        file.touch(mode=0o600)
        os.utime(file, ns=(moment, moment))
