"""``DELETE …?purge=true``: the thing goes with all that it holds, by a job."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import Forbidden

from storage_api.api.jobs import accepted, jobs
from storage_api.api.resource import BackendResource
from storage_api.domain.errors import Invalid, NotFound
from storage_api.domain.models import Ref
from storage_api.security.principal import current_principal

PURGE: Mapping[str, Any] = {
    "name": "purge",
    "in": "query",
    "type": "boolean",
    "default": False,
    "description": "Also remove what it holds, where the configuration allows that. "
    "Answers 202 with a job, or 204 if it is gone already; what object lock protects stays.",
}
#: What a purge may answer beside the errors of the plain deletion.
PURGE_ERRORS = {HTTPStatus.FORBIDDEN: "You lack the role, or purging is not allowed here."}
#: How one sees whether there is anything to purge.
_LOOK: Mapping[str, Callable[[Any, Ref], object]] = {
    "purge-user": lambda backend, user: backend.get_user(user),
    "purge-bucket": lambda backend, bucket: backend.get_bucket(bucket),
}


def purge_requested() -> bool:
    """Raises ``Invalid`` for anything but true or false: this must not be guessed."""
    given = request.args.getlist("purge") or ["false"]
    if given not in (["true"], ["false"]):
        raise Invalid("'purge' must be true or false, once.")
    return given == ["true"]


def start_purge(resource: BackendResource, kind: str, target: Ref) -> Response | None:
    """Hand the work to a job, or find the one that is under way; ``None`` if all is gone."""
    if not resource.backend.allows_purge:
        raise Forbidden("Purging is not allowed on this back-end (its option 'allow_purge').")
    try:
        _LOOK[kind](resource.backend, target)
    except NotFound:
        return None
    job = jobs().submit(kind, resource.endpoint_name, target, asked_by=current_principal().label)
    return accepted(job)
