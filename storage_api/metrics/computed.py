"""What is found out only when it is asked for, by the API's ``/metrics``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


@dataclass(frozen=True)
class Family:
    """One metric. ``labels`` are in the order of a figure's."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


class Figure(NamedTuple):
    """One value; what is not known is no figure."""

    name: str
    labels: tuple[str, ...]
    value: float


BUILD = Family(
    "storage_api_build_info", "1; the labels say what is running.", ("version", "python")
)
PROCESSES = Family("storage_api_processes", "Living processes whose figures these are.")
BREAKERS = Family(
    "storage_api_breaker_processes",
    "Processes by their circuit breaker's state: open ones leave the system alone for ten seconds, "
    "half-open ones try it with the next call.",
    ("backend", "system", "state"),
)
WORKERS = Family("storage_api_uwsgi_workers", "uWSGI's workers by what they do.", ("status",))
RESPAWNS = Family(
    "storage_api_uwsgi_worker_respawns_total",
    "How often uWSGI started a worker again.",
    kind="counter",
)
LISTEN_QUEUE = Family(
    "storage_api_uwsgi_listen_queue", "Connections that wait for a worker to accept them."
)
JOBS = Family("storage_api_jobs", "Jobs that are kept, by state.", ("state",))
JOBS_OLDEST = Family(
    "storage_api_jobs_oldest_queued_timestamp_seconds",
    "When the job that waits longest was made; absent if none waits.",
)
JOBS_CONSUMER = Family(
    "storage_api_jobs_consumer_seen_timestamp_seconds",
    "When a consumer of jobs was last seen; absent without Redis, where workers do the jobs.",
)
JOBS_STORE = Family(
    "storage_api_jobs_store_up", "1 if the store of the jobs (Redis, if set) answers, 0 if not."
)
SAMPLED = Family(
    "storage_api_sampler_last_success_timestamp_seconds",
    "When the last pass of the sampler that was kept began; absent before the first one.",
    ("backend",),
)
DATABASE = Family(
    "storage_api_database_up", "1 if the service's database answers, 0 if not; absent without one."
)
CAPACITY = Family(
    "storage_api_backend_capacity_bytes",
    "The back-end's space: total, used, free, allocated.",
    ("backend", "kind"),
)
VOLUMES = Family("storage_api_backend_volumes", "Volumes.", ("backend",))
VOLUME_BYTES = Family(
    "storage_api_backend_volume_bytes",
    "Bytes of all volumes: size, used; absent if one of them is not known.",
    ("backend", "kind"),
)
BUCKETS = Family("storage_api_backend_buckets", "Buckets in the default namespace.", ("backend",))
USERS = Family("storage_api_backend_users", "Object users in the default namespace.", ("backend",))
NAMESPACES = Family("storage_api_backend_namespaces", "Namespaces.", ("backend",))
MEASURED = Family(
    "storage_api_backend_measured_timestamp_seconds",
    "When the figures of this back-end were asked for.",
    ("backend",),
)
MEASURED_UP = Family(
    "storage_api_backend_measured_up",
    "1 if the back-end gave all its figures when it was last asked, 0 if not.",
    ("backend",),
)

FAMILIES: dict[str, Family] = {
    family.name: family for family in list(globals().values()) if isinstance(family, Family)
}


def collected(figures: Iterable[Figure]) -> list[Metric]:
    """In Prometheus' own form; figures of a version that knew other metrics are left out."""
    found: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for figure in figures:
        family = FAMILIES.get(figure.name)
        if family is None or len(family.labels) != len(figure.labels):
            continue
        if family.name not in found:
            make = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            found[family.name] = make(family.name, family.help, labels=family.labels)
        found[family.name].add_metric(figure.labels, figure.value)
    return list(found.values())
