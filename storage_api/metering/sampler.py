"""Measures back-ends, each for a slot of time, and stores what they say."""

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog

from storage_api.backends.accounting import UsageReporter
from storage_api.backends.metering import UsageSample, UsageSampler
from storage_api.database import Database
from storage_api.domain.errors import BackendError, BackendMisbehaved, StorageError
from storage_api.metering import passes
from storage_api.metering.figures import Figures, gather
from storage_api.metering.quotas import refresh_quotas
from storage_api.metering.recording import record
from storage_api.metering.runs import hold
from storage_api.metering.tables import TABLES
from storage_api.metering.walk import walk
from storage_api.transport.context import doing, serving

#: Passes asked for singly within so many seconds are one: hosts with the same crontab.
SINGLE_SLOT_SECONDS = 10
_AT_ONCE = 8
#: Seconds that running passes get when the sampler is told to stop.
_GRACE_SECONDS = 20.0
_RETRY_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    MEASURED = "measured"
    PARTLY = "partly"  # something could not be measured, or was not believed
    FAILED = "failed"
    TAKEN = "taken"  # another sampler has done it, or is at it


@dataclass(frozen=True)
class Visit:
    """How a pass went; ``again_at`` is when it may be another's no more."""

    outcome: Outcome
    again_at: float = 0.0


class Sampler:
    """Measures ``backends`` by endpoint; ``step`` is how long until the next pass is due."""

    def __init__(
        self, database: Database, backends: Mapping[str, UsageReporter], step: timedelta
    ) -> None:
        self._database = database
        self._backends = backends
        self._step = int(step.total_seconds())
        self._owner = uuid.uuid4().hex

    def once(self) -> dict[str, Outcome]:
        """One pass over every back-end, several at once."""
        slot = int(time.time()) // SINGLE_SLOT_SECONDS * SINGLE_SLOT_SECONDS
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            visits = pool.map(lambda endpoint: self._visit(endpoint, slot), self._backends)
            return {
                endpoint: visit.outcome
                for endpoint, visit in zip(self._backends, visits, strict=True)
            }

    def run(self, stopped: threading.Event) -> None:
        """A pass for every slot until ``stopped``; a slow back-end delays no other.

        Slots are multiples of the step since 1970 UTC, so they do not drift, and all samplers
        have the same.
        """
        threads = [
            threading.Thread(
                target=self._follow,
                args=(endpoint, stopped),
                name=f"sample {endpoint}",
                daemon=True,
            )
            for endpoint in self._backends
        ]
        for thread in threads:
            thread.start()
        stopped.wait()
        end = time.monotonic() + _GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            passes.release(self._database, self._owner)

    def _follow(self, endpoint: str, stopped: threading.Event) -> None:
        while not stopped.is_set():
            slot = int(time.time()) // self._step * self._step
            visit = self._visit(endpoint, slot)
            due: float = slot + self._step
            if visit.again_at:
                due = min(due, visit.again_at)
            stopped.wait(max(due - time.time(), 0.05))

    def _visit(self, endpoint: str, slot: int) -> Visit:
        """One pass; whatever goes wrong is an outcome."""
        with structlog.contextvars.bound_contextvars(backend=endpoint, slot=slot):
            try:
                return self._claimed(endpoint, slot)
            except StorageError as error:
                log.warning("sampling-failed", kind=error.slug, detail=str(error))
            except Exception as error:  # the others, and later passes, go on
                log.exception("sampling-failed", exc_info=error)
            # Where the slot is marked as failed nobody gets it again; else the database was away.
            return Visit(Outcome.FAILED, time.time() + _RETRY_SECONDS)

    def _claimed(self, endpoint: str, slot: int) -> Visit:
        claim = passes.Claim(endpoint, slot, self._owner, int(time.time()))
        again_at = passes.claim(self._database, claim)
        if again_at is not None:
            log.info("sampled-by-another")
            return Visit(Outcome.TAKEN, again_at)
        try:
            with serving(uuid.uuid4().hex, seconds=passes.PASS_SECONDS), doing("sample"):
                return Visit(self._measure(claim))
        except Exception as error:
            words = str(error) if isinstance(error, StorageError) else type(error).__name__
            passes.fail(self._database, claim, words, int(time.time()))
            raise

    def _measure(self, claim: passes.Claim) -> Outcome:
        backend = self._backends[claim.backend]
        figures = self._read(backend, claim)
        measured = len(figures.points) - figures.unmeasured
        if figures.points and not measured:
            raise BackendMisbehaved("Nothing that it has could be measured.")
        with self._database.writing(TABLES) as connection:
            record(connection, claim.backend, figures, claim.began, hold(self._step))
            passes.finish(connection, claim, measured, figures.unmeasured, int(time.time()))
        log.info(
            "sampled",
            measured=measured,
            unmeasured=figures.unmeasured,
            refused=figures.refused,
        )
        try:
            refresh_quotas(self._database, claim.backend, backend)
        except BackendError as error:  # the figures are safe
            log.warning("quotas-not-read", kind=error.slug, detail=str(error))
        return Outcome.PARTLY if figures.unmeasured or figures.refused else Outcome.MEASURED

    def _read(self, backend: UsageReporter, claim: passes.Claim) -> Figures:
        samples = list(self._samples(backend, claim.backend))
        return gather(samples, timedelta(seconds=self._step), datetime.now(UTC))

    def _samples(self, backend: UsageReporter, endpoint: str) -> Iterable[UsageSample]:
        if not isinstance(backend, UsageSampler):
            return walk(backend)
        with self._database.reading(TABLES) as connection:
            last = passes.history(connection, endpoint).last
        return backend.sample_usage(None if last is None else datetime.fromtimestamp(last, UTC))
