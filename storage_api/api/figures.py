"""Figures that must be asked for: of the jobs, of the sampler, and of each back-end."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.base import StorageBackend
from storage_api.backends.objects import BucketStore, NamespaceStore, UserStore
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.errors import BackendError
from storage_api.domain.models import JobState
from storage_api.jobs.engine import Jobs
from storage_api.metering.meter import Meter
from storage_api.metrics import computed
from storage_api.metrics.computed import Family, Figure
from storage_api.transport.context import doing, serving

#: Seconds that one back-end may take for its figures, and those of our own stores.
BACKEND_SECONDS = 30.0
_STORE_SECONDS = 10.0

log = structlog.get_logger(__name__)


def job_figures(jobs: Jobs) -> list[Figure]:
    """How many there are, and whether anybody does them."""
    try:
        with serving(uuid.uuid4().hex, seconds=_STORE_SECONDS):
            found, seen = jobs.list(), jobs.consumer_seen()
    except BackendError:
        return [_one(computed.JOBS_STORE, 0)]
    states = Counter(job.state for job in found)
    queued = [job.created for job in found if job.state is JobState.QUEUED and job.created]
    return [
        _one(computed.JOBS_STORE, 1),
        *(_one(computed.JOBS, states[state], state.value) for state in JobState),
        *_moment(computed.JOBS_OLDEST, min(queued, default=None)),
        *_moment(computed.JOBS_CONSUMER, seen),
    ]


def sampler_figures(meter: Meter, backends: Collection[str]) -> list[Figure]:
    """Of ``backends``, for the database also knows former ones; nothing where nobody sampled."""
    if not meter.database.is_there():
        return []
    try:
        with serving(uuid.uuid4().hex, seconds=_STORE_SECONDS):
            last = meter.last_passes()
    except BackendError:
        return [_one(computed.DATABASE, 0)]
    return [
        _one(computed.DATABASE, 1),
        *(
            _one(computed.SAMPLED, moment, backend)
            for backend, moment in last.items()
            if backend in backends
        ),
    ]


def backend_figures(endpoint: str, backend: StorageBackend) -> list[Figure]:
    """What it holds; what it does not tell is left out."""
    began = datetime.now().astimezone()
    with serving(uuid.uuid4().hex, seconds=BACKEND_SECONDS), doing("measure"):
        parts = [_part(endpoint, backend, kind, read) for kind, read in _PARTS.items()]
    return [
        *_moment(computed.MEASURED, began, endpoint),
        _one(computed.MEASURED_UP, None not in parts, endpoint),
        *(figure for part in parts for figure in part or ()),
    ]


def _part(
    endpoint: str, backend: StorageBackend, kind: type, read: Callable[[str, Any], list[Figure]]
) -> list[Figure] | None:
    """``None`` if the back-end should tell but cannot."""
    if not isinstance(backend, kind):
        return []
    try:
        return read(endpoint, backend)
    except BackendError as error:
        log.warning("figures-not-read", backend=endpoint, kind=error.slug, detail=str(error))
    except Exception as error:  # the other figures go on
        log.exception("figures-not-read", backend=endpoint, exc_info=error)
    return None


def _capacity(endpoint: str, backend: CapacityReporter) -> list[Figure]:
    space = backend.get_capacity()
    known = {
        "total": space.total_bytes,
        "used": space.used_bytes,
        "free": space.free_bytes,
        "allocated": space.allocated_bytes,
    }
    return _known(computed.CAPACITY, endpoint, known)


def _volumes(endpoint: str, backend: VolumeStore) -> list[Figure]:
    volumes = backend.list_volumes()
    known = {
        "size": _sum(volume.size_total for volume in volumes),
        "used": _sum(volume.size_used for volume in volumes),
    }
    count = _one(computed.VOLUMES, len(volumes), endpoint)
    return [count, *_known(computed.VOLUME_BYTES, endpoint, known)]


def _buckets(endpoint: str, backend: BucketStore) -> list[Figure]:
    return [_one(computed.BUCKETS, len(backend.list_buckets(None)), endpoint)]


def _users(endpoint: str, backend: UserStore) -> list[Figure]:
    return [_one(computed.USERS, len(backend.list_users(None)), endpoint)]


def _namespaces(endpoint: str, backend: NamespaceStore) -> list[Figure]:
    return [_one(computed.NAMESPACES, len(backend.list_namespaces()), endpoint)]


_PARTS: Mapping[type, Callable[[str, Any], list[Figure]]] = {
    CapacityReporter: _capacity,
    VolumeStore: _volumes,
    BucketStore: _buckets,
    UserStore: _users,
    NamespaceStore: _namespaces,
}


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _known(family: Family, endpoint: str, values: Mapping[str, int | None]) -> list[Figure]:
    return [
        _one(family, value, endpoint, kind) for kind, value in values.items() if value is not None
    ]


def _one(family: Family, value: float, *labels: str) -> Figure:
    return Figure(family.name, labels, float(value))


def _moment(family: Family, moment: datetime | None, *labels: str) -> list[Figure]:
    return [] if moment is None else [_one(family, moment.timestamp(), *labels)]
