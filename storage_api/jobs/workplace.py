"""What one process has of the jobs: its connection, its runner, its consumer."""

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Error as SqliteError

import structlog
from redis.exceptions import RedisError

from storage_api.backends.base import StorageBackend
from storage_api.domain.secrets import Secret
from storage_api.jobs.connection import Connection, connect
from storage_api.jobs.consumer import JobConsumer
from storage_api.jobs.housekeeping import Housekeeping
from storage_api.jobs.runner import Runner
from storage_api.jobs.store import StoreDown, reaching
from storage_api.jobs.timing import Timing
from storage_api.transport.state import state_directory

#: Who submits waits so long for others who do.
_PATIENCE_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Plan:
    """All that is configured of jobs."""

    backends: Mapping[str, StorageBackend]
    directory: Path | None
    redis_url: Secret | None
    timing: Timing


class Workplace:
    """Belongs to the process that made it: a fork makes its own."""

    def __init__(self, plan: Plan) -> None:
        self.pid = os.getpid()
        self._plan = plan
        self._lock = threading.Lock()
        self._open: tuple[Connection, Runner] | None = None
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._consumer: JobConsumer | None = None

    @property
    def runner(self) -> Runner:
        """Raises ``StoreDown``."""
        return self._opened()[1]

    def _opened(self) -> tuple[Connection, Runner]:
        plan = self._plan
        with self._lock:
            if self._open is None:
                with reaching():
                    directory = None if plan.redis_url else state_directory(plan.directory)
                connection = connect(directory, plan.redis_url, plan.timing.lease)
                self._open = connection, Runner(plan.backends, connection, plan.timing)
            return self._open

    @contextmanager
    def exclusively(self, name: str) -> Iterator[None]:
        """One at a time, over all processes; raises ``StoreDown`` after some seconds."""
        with reaching():
            lease = self._opened()[0].leases.take(name, _PATIENCE_SECONDS)
        if lease is None:
            raise StoreDown("Too many ask for jobs at once.")
        with lease:
            yield

    @contextmanager
    def if_free(self, name: str) -> Iterator[bool]:
        """Whether nobody had the lease; if so, nobody gets it inside."""
        with reaching():
            lease = self._opened()[0].leases.take(name)
        with lease or nullcontext():
            yield lease is not None

    def start(self) -> None:
        """Begin to work in threads of this process, if it has not begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Have everybody leave what they do; waits for nobody."""
        if self.pid != os.getpid():
            return
        self._over.set()
        if self._consumer is not None:
            self._consumer.stop_flag.set()
        if self._thread is None:
            self._disconnect()

    def close(self) -> None:
        """Stop, and wait a moment until all have left: their jobs need not be missed then."""
        self.stop()
        if self._thread is not None and self.pid == os.getpid():
            self._thread.join(self._plan.timing.leave)

    def consume(self) -> None:
        """Work in this thread, the process's main one, until a signal ends that.

        Raises:
            StoreDown: SQLite's file cannot be used. A Redis that is down is waited for.
        """
        self._prepare(signals=True).run()
        log.info("consumer-ended")

    def _work(self) -> None:
        told = False
        while not self._over.is_set():
            try:
                consumer = self._prepare(signals=False)
            except StoreDown as error:
                if not told:
                    log.warning("job-store-down", cause=repr(error.__cause__)[:200])
                told = True
                self._over.wait(self._plan.timing.scan)
            else:
                consumer.run()
                consumer.stop(graceful=True)
        self._disconnect()

    def _disconnect(self) -> None:
        """Whoever comes late connects again."""
        if self._open is not None:
            with suppress(SqliteError, RedisError, OSError):
                self._open[0].close()

    def _prepare(self, *, signals: bool) -> JobConsumer:
        connection, runner = self._opened()
        timing = self._plan.timing
        housekeeping = Housekeeping(
            runner.store,
            runner.queue,
            connection.leases,
            timing,
            is_awaited=self._plan.redis_url is not None,
        )
        # Every second time that Redis is away it would say so, with a stack trace each.
        for name in ("huey", "huey.consumer.Worker", "huey.consumer.Scheduler"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        consumer = JobConsumer(
            connection.huey,
            housekeeping.tidy,
            every=timing.scan,
            poll=timing.poll,
            signals=signals,
        )
        consumer.shutdown_timeout = timing.leave_alone if signals else timing.leave
        runner.leave_when(consumer.stop_flag.is_set)
        self._consumer = consumer
        if self._over.is_set():
            consumer.stop_flag.set()
        return consumer
