"""``/health``: for probes. Neither ever waits for a storage system."""

from flask import Blueprint, Response

from storage_api.api.conf import monitor
from storage_api.api.encoding import json_response

#: The names under which the monitor watches these; no back-end may have them.
JOBS = "jobs"
REPLICAS = "replicas"

health = Blueprint("health", __name__, url_prefix="/health")


@health.get("/live")
def live() -> Response:
    """The process serves requests."""
    return json_response({"status": "live"})


@health.get("/ready")
def ready() -> Response:
    """Ready, and how each back-end is, the store of the jobs, and what the replicas share.

    One that is down does not make the service unready: taking its replicas
    away would take the other back-ends with them.
    """
    states = monitor().states()
    others = {name: states.pop(name) for name in (JOBS, REPLICAS)}
    return json_response({"status": "ready", "backends": states, **others})
