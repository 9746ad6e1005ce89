"""``/overview``: how every back-end is, who fills it, and what jobs there were; for people.

The page itself asks no back-end for anything, so that it comes at once. Each back-end's figures
are a page of their own, which the script of the first one fetches and sets in; without scripts
they are a link.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, render_template, url_for

from storage_api.api.conf import monitor, mounted_backends
from storage_api.api.jobs import jobs
from storage_api.api.overview_figures import Figures, figures
from storage_api.backends.accounting import UsageReporter
from storage_api.backends.base import StorageBackend
from storage_api.backends.monitor import BackendState
from storage_api.domain.capabilities import Capability
from storage_api.domain.errors import NotFound, StorageError
from storage_api.domain.models import Job, JobState
from storage_api.domain.units import readable
from storage_api.security.principal import current_principal
from storage_api.security.roles import Role
from storage_api.transport.doors import Door

NEWEST_JOBS = 10

#: The operation that shows a family, where a person begins.
_FIRST = {
    Capability.VOLUMES: "list_volumes",
    Capability.EXPORT: "list_export_policies",
    Capability.BUCKETS: "list_buckets",
    Capability.USERS: "list_users",
    Capability.NAMESPACES: "list_namespaces",
    Capability.USAGE: "list_metered_usage",
    Capability.CAPACITY: "get_capacity",
    Capability.STORAGE_RESOURCES: "list_storage_resources",
    Capability.ALLOCATIONS: "list_allocations",
}

overview_page = Blueprint("overview_page", __name__, template_folder="templates")
overview_page.add_app_template_filter(readable, "readable")


@dataclass(frozen=True)
class Card:
    """A back-end as the page shows it; ``figures`` are absent until they are asked for."""

    endpoint: str
    class_name: str
    state: BackendState
    families: dict[str, str]
    figures: Figures | None = None

    def operation(self, name: str) -> str:
        """Where Swagger UI shows this back-end's operation."""
        return f"{url_for('root')}#/{self.endpoint}/{self.endpoint}_{name}"


@overview_page.get("/overview")
def show() -> str:
    """All back-ends, with states but without figures; and the jobs, for who may see them."""
    principal = current_principal()
    found, problem = _jobs() if Role.ADMIN in principal.roles else (None, None)
    states = monitor().states()
    return render_template(
        "overview.html",
        principal=principal,
        allowed=Role.USER in principal.roles,
        cards=[
            _card(endpoint, backend, states[endpoint])
            for endpoint, backend in mounted_backends().items()
        ],
        jobs=found[:NEWEST_JOBS] if found else found,
        failed=[job for job in found or () if job.state is JobState.FAILED][:NEWEST_JOBS],
        jobs_problem=problem,
    )


@overview_page.get("/overview/<string:name>")
def show_one(name: str) -> str:
    """One back-end with its figures, asked for now."""
    backend = mounted_backends().get(name)
    if backend is None:
        raise NotFound(f"No such back-end. There are: {', '.join(mounted_backends())}.")
    principal = current_principal()
    allowed = Role.USER in principal.roles
    doors: dict[str, Door] = current_app.extensions["storage_api_doors"]
    found = figures(name, backend, doors.get(name)) if allowed else None
    card = _card(name, backend, monitor().state(name), found)
    return render_template("overview_one.html", principal=principal, allowed=allowed, card=card)


@overview_page.after_request
def keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _card(
    endpoint: str, backend: StorageBackend, state: BackendState, found: Figures | None = None
) -> Card:
    if found is not None:
        found.measures_usage = isinstance(backend, UsageReporter)
    families = {
        str(family): name for family, name in _FIRST.items() if family in backend.capabilities
    }
    return Card(endpoint, type(backend).__name__, state, families, found)


def _jobs() -> tuple[list[Job] | None, str | None]:
    """The jobs, newest first, or why they cannot be had."""
    try:
        return jobs().list(), None
    except StorageError as error:
        return None, str(error)
