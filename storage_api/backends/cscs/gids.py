"""Which Unix group each project has, asked for as seldom as possible."""

import hashlib
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

import structlog

from storage_api.backends.cscs.hpc_user import HpcUserClient
from storage_api.backends.cscs.paging import in_parallel
from storage_api.domain.errors import BackendError
from storage_api.domain.models import GidCache

#: Longer URLs are refused by servers; the rest of the URL is short beside it.
_LONGEST_QUERY = 7000
_MISS_LASTS_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Gids(NamedTuple):
    """What is known: ``problem`` says why others, which were asked for, could not be asked."""

    known: Mapping[str, int]
    problem: str | None = None


@dataclass
class _Counts:
    hits: int = 0
    misses: int = 0
    requests: int = 0
    failures: int = 0


class GidResolver:
    """Remembers groups as long as the process lives, and unknown projects for a minute.

    ``invent``: projects that the service does not know get a made-up group, the same each
    time and everywhere. Never while the service is merely out of reach.
    """

    def __init__(self, client: HpcUserClient | None, *, invent: bool, at_once: int = 4) -> None:
        self._client = client
        self._invent = invent
        self._at_once = at_once
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}
        self._unknown_until: dict[str, float] = {}
        self._counts = _Counts()
        self._problem: str | None = None

    def resolve(self, projects: Collection[str]) -> Gids:
        """The groups of ``projects``; a failure of the service costs those not known yet."""
        wanted = sorted(set(projects))
        asked = self._not_known(wanted)
        problem = self._ask(asked) if asked else None
        with self._lock:
            known = {name: self._known[name] for name in wanted if name in self._known}
            if self._invent:
                missed = self._unknown_until.keys()
                known |= {name: mock_gid(name) for name in wanted if name in missed - known.keys()}
        return Gids(known, problem)

    def statistics(self) -> GidCache:
        with self._lock:
            now = time.monotonic()
            return GidCache(
                entries=len(self._known),
                unknown=sum(end > now for end in self._unknown_until.values()),
                hits=self._counts.hits,
                misses=self._counts.misses,
                requests=self._counts.requests,
                failures=self._counts.failures,
                development_mode=self._invent,
                detail=self._problem,
            )

    def _not_known(self, wanted: list[str]) -> list[str]:
        now = time.monotonic()
        with self._lock:
            asked = [
                name
                for name in wanted
                if name not in self._known and self._unknown_until.get(name, 0.0) < now
            ]
            self._counts.hits += len(wanted) - len(asked)
            self._counts.misses += len(asked)
        return asked

    def _ask(self, projects: list[str]) -> str | None:
        if self._client is None:
            self._keep(projects, {})
            return None
        try:
            in_parallel(self._ask_once, list(_batches(projects)), self._at_once)
        except BackendError as error:
            log.warning("gid-service-failed", kind=error.slug, detail=str(error))
            with self._lock:
                self._counts.failures += 1
                self._problem = str(error)
            return str(error)
        with self._lock:
            self._problem = None
        return None

    def _ask_once(self, projects: list[str]) -> None:
        assert self._client is not None  # noqa: S101  # told to the type checker
        with self._lock:
            self._counts.requests += 1
        self._keep(projects, self._client.gids_of(projects))

    def _keep(self, projects: list[str], found: Mapping[str, int]) -> None:
        end = time.monotonic() + _MISS_LASTS_SECONDS
        with self._lock:
            self._known |= found
            for name in projects:
                if name in found:
                    self._unknown_until.pop(name, None)
                else:
                    self._unknown_until[name] = end


def mock_gid(project: str) -> int:
    """A made-up group: 30000 and the first 32 bits of the slug's SHA-256, modulo 10000."""
    return 30000 + _digest(project) % 10000


def mock_uid(slug: str) -> int:
    """A made-up user number in the same way, from 20000."""
    return 20000 + _digest(slug) % 10000


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _batches(projects: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for project in projects:
        needed = len(quote(project, safe="")) + len("projects=&")
        if batch and length + needed > _LONGEST_QUERY:
            yield batch
            batch, length = [], 0
        batch.append(project)
        length += needed
    if batch:
        yield batch
