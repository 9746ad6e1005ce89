"""What is counted while it happens. Each process has its own figures; reading adds them up."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: They are read through it only where nothing is shared, as in tests of a single module.
REGISTRY = CollectorRegistry()

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90)
_SYSTEM = ("backend", "system")

REQUESTS = Counter(
    "storage_api_http_requests_total",
    "Requests that were answered.",
    ("backend", "route", "method", "status"),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "storage_api_http_request_duration_seconds",
    "Time from a request's arrival in the application to its answer.",
    ("backend", "route", "method"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
REQUESTS_IN_PROGRESS = Gauge(
    "storage_api_http_requests_in_progress",
    "Requests that are being served now.",
    ("backend",),
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
CALLS = Counter(
    "storage_api_backend_calls_total",
    "Calls that were sent to a storage system, each attempt by itself.",
    (*_SYSTEM, "operation", "outcome"),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "storage_api_backend_call_duration_seconds",
    "Time that calls to a storage system took.",
    _SYSTEM,
    buckets=_SECONDS,
    registry=REGISTRY,
)
CALLS_IN_PROGRESS = Gauge(
    "storage_api_backend_calls_in_progress",
    "Calls to a storage system that are under way now.",
    _SYSTEM,
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
CALLS_WAITING = Gauge(
    "storage_api_backend_calls_waiting",
    "Calls that wait for one of the system's places, of which each process has `concurrency`.",
    _SYSTEM,
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
RETRIES = Counter(
    "storage_api_backend_retries_total",
    "Calls that were repeated after a failure.",
    _SYSTEM,
    registry=REGISTRY,
)
REFUSALS = Counter(
    "storage_api_backend_refusals_total",
    "What was refused before it reached a storage system, to keep threads free for others.",
    ("backend", "reason"),
    registry=REGISTRY,
)
BREAKER_TRIPS = Counter(
    "storage_api_breaker_trips_total",
    "How often a process began to leave a storage system alone.",
    _SYSTEM,
    registry=REGISTRY,
)
#: Shown as ``storage_api_breaker_processes``. 0 for a breaker that is closed.
BREAKER_ENDS = Gauge(
    "storage_api_breaker_ends_timestamp_seconds",
    "Internal.",
    _SYSTEM,
    multiprocess_mode="liveall",
    registry=REGISTRY,
)
PROBE_SUCCESS = Gauge(
    "storage_api_probe_success",
    "1 if the last probe (of a back-end, the jobs, or what replicas share) succeeded, 0 if not; "
    "absent if that is more than 90 seconds ago.",
    ("target",),
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
PROBED = Gauge(
    "storage_api_probe_timestamp_seconds",
    "When the last probe ended.",
    ("target",),
    multiprocess_mode="max",
    registry=REGISTRY,
)
CACHE_REQUESTS = Counter(
    "storage_api_cache_requests_total",
    "Answers that came from a cache (hit), or had to be fetched (miss).",
    ("cache", "result"),
    registry=REGISTRY,
)
SIGN_ON_FAILURES = Counter(
    "storage_api_sign_on_failures_total",
    "Tries to sign on that failed.",
    ("way", "reason"),
    registry=REGISTRY,
)

#: What is only for our own use.
INTERNAL = frozenset({"storage_api_breaker_ends_timestamp_seconds"})
