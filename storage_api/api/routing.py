"""Paths outside the mounted ones: v3's short form, and back-ends that do not exist."""

from collections.abc import Collection
from urllib.parse import quote

from flask import Flask, redirect, request
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.wrappers import Response

from storage_api.api.mount import PREFIX
from storage_api.domain.errors import NotFound

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def redirect_unversioned(app: Flask, endpoints: Collection[str]) -> None:
    """``/<e>/…`` answers 308 to ``/v3/<e>/…``, which keeps method and body."""
    for endpoint in endpoints:
        for rule in (f"/{endpoint}/", f"/{endpoint}/<path:rest>"):
            app.add_url_rule(rule, "unversioned", _to_v3, methods=_METHODS)


def name_known_backends(app: Flask, endpoints: Collection[str]) -> None:
    """A path below an unknown back-end is 404 and says which ones there are."""

    def check() -> None:
        if not isinstance(request.routing_exception, NoRoute):
            return
        version, _, rest = request.path.lstrip("/").partition("/")
        if f"/{version}" == PREFIX and rest.partition("/")[0] not in {*endpoints, "jobs"}:
            raise NotFound(f"No such subsystem. Allowed values are: {', '.join(endpoints)}.")

    app.before_request(check)


def _to_v3(rest: str = "") -> Response:
    del rest
    query = request.query_string.decode("latin-1")
    target = PREFIX + quote(request.path, safe="/:@!$&'()*+,;=~")
    return redirect(f"{target}?{query}" if query else target, code=308)
