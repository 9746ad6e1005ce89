"""``/health``: for probes. Neither ever waits for a storage system."""

from flask import Blueprint, Response

from storage_api.api.conf import monitor
from storage_api.api.encoding import json_response

#: The name under which the monitor watches the jobs; no back-end may have it.
JOBS = "jobs"

health = Blueprint("health", __name__, url_prefix="/health")


@health.get("/live")
def live() -> Response:
    """The process serves requests."""
    return json_response({"status": "live"})


@health.get("/ready")
def ready() -> Response:
    """Ready, and how each back-end is, and the store of the jobs with who does them.

    One that is down does not make the service unready: taking its replicas
    away would take the other back-ends with them.
    """
    states = monitor().states()
    jobs = states.pop(JOBS)
    return json_response({"status": "ready", "backends": states, "jobs": jobs})
