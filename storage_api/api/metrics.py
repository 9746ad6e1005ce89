"""``/metrics`` for Prometheus; see ``docs/metrics.md``."""

import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

from flask import Blueprint, Response, current_app

from storage_api.api.figures import backend_figures, job_figures, sampler_figures
from storage_api.api.resource import requires
from storage_api.backends.base import StorageBackend
from storage_api.jobs.engine import Jobs
from storage_api.metering.meter import Meter
from storage_api.metrics.computed import Figure, collected
from storage_api.metrics.exposition import CONTENT_TYPE, exposition, text
from storage_api.metrics.kept import Kept
from storage_api.security.roles import Role

#: How often what is not counted by ourselves is asked for, whoever reads it how often.
_JOBS_EVERY_SECONDS = 10.0
_SAMPLER_EVERY_SECONDS = 30.0
_BACKENDS_EVERY_SECONDS = 60.0
#: Prometheus gives up after ten.
_OWN_PATIENCE_SECONDS = 1.0
_BACKENDS_PATIENCE_SECONDS = 8.0
#: So many requests wait in each process. Others get at once what is known by then, and leave the
#: threads to who wants something else.
_MOST_WAITING = 2

metrics = Blueprint("metrics", __name__)


class Figures:
    """What the service asks for in Prometheus' name."""

    def __init__(self, jobs: Jobs, meter: Meter, backends: Mapping[str, StorageBackend]) -> None:
        self.own = _Awaited(
            [
                Kept("jobs", partial(job_figures, jobs), every=_JOBS_EVERY_SECONDS),
                Kept(
                    "sampler",
                    partial(sampler_figures, meter, backends.keys()),
                    every=_SAMPLER_EVERY_SECONDS,
                ),
            ],
            _OWN_PATIENCE_SECONDS,
        )
        self.backends = _Awaited(
            [
                Kept(
                    f"backend-{endpoint}",
                    partial(backend_figures, endpoint, backend),
                    every=_BACKENDS_EVERY_SECONDS,
                )
                for endpoint, backend in backends.items()
            ],
            _BACKENDS_PATIENCE_SECONDS,
        )


class _Awaited:
    """Figures that are asked for at once, and waited for together: ``patience`` seconds in all."""

    def __init__(self, kept: Sequence[Kept], patience: float) -> None:
        self._kept = kept
        self._patience = patience
        self._places = threading.BoundedSemaphore(_MOST_WAITING)

    def figures(self) -> list[Figure]:
        for one in self._kept:
            one.refresh()
        if not self._places.acquire(blocking=False):
            return self._within(0.0)
        try:
            return self._within(self._patience)
        finally:
            self._places.release()

    def _within(self, patience: float) -> list[Figure]:
        end = time.monotonic() + patience
        return [figure for one in self._kept for figure in one.figures(end - time.monotonic())]


@metrics.get("/metrics")
def own() -> Response:
    """What the service counts; calls no storage system."""
    return _response(exposition(_figures().own.figures()))


@metrics.get("/metrics/backends")
@requires(Role.USER)
def backends() -> Response:
    """What the back-ends hold, asked for once a minute at most."""
    return _response(text(collected(_figures().backends.figures())))


def _figures() -> Figures:
    found: Figures = current_app.extensions["storage_api_figures"]
    return found


def _response(body: bytes) -> Response:
    return Response(body, headers={"Cache-Control": "no-store"}, content_type=CONTENT_TYPE)
