"""What happens around every request: its id, its deadline, its log line, its audit record."""

import re
import time
import uuid
from contextlib import ExitStack
from http import HTTPStatus

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden, LengthRequired

from storage_api.backends.base import EXTENSION
from storage_api.metrics.requests import request_answered, request_began, request_over
from storage_api.security.audit import record_write
from storage_api.security.csrf import SAFE_METHODS, is_cross_site_write
from storage_api.security.principal import check_bearer_token, current_principal
from storage_api.transport.context import serving

REQUEST_ID_HEADER = "X-Request-Id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Swagger UI sets style attributes and data: images; nothing else needs an exception.
_PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

log = structlog.get_logger("request")


def watch_requests(app: Flask) -> None:
    app.before_request(_begin)
    app.before_request(_refuse_unreadable_bodies)
    app.before_request(check_bearer_token)
    app.before_request(_refuse_cross_site_writes)
    app.after_request(_finish)
    app.teardown_request(_release)


def _begin() -> None:
    given = request.headers.get(REQUEST_ID_HEADER, "")
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    g.request_id = request_id
    g.around = ExitStack()
    g.around.enter_context(serving(request_id))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    backend = _backend()
    if backend:
        structlog.contextvars.bind_contextvars(backend=backend)
    request_began(backend)
    g.around.callback(request_over, backend)


def _refuse_unreadable_bodies() -> None:
    """A chunked body that the server does not hand on would look like none at all."""
    chunked = "Transfer-Encoding" in request.headers
    if chunked and not request.environ.get("wsgi.input_terminated"):
        raise LengthRequired("Send the body with a Content-Length, not in chunks.")


def _refuse_cross_site_writes() -> None:
    if is_cross_site_write(current_app.config["SESSION_COOKIE_NAME"]):
        raise Forbidden("This write comes from a page of another site.")


def _finish(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
    principal = current_principal()
    seconds = time.perf_counter() - g.began
    rule = request.url_rule.rule if request.url_rule else None
    request_answered(rule, _backend(), request.method, response.status_code, seconds)
    log.info(
        "request",
        method=request.method,
        path=request.path,
        route=rule,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        who=principal.label,
        remote=request.remote_addr,
    )
    # A redirected write was not done; the record of the one that follows tells its fate.
    redirected = HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST
    if request.method not in SAFE_METHODS and not redirected:
        record_write(
            principal,
            backend=_backend(),
            action=request.method,
            target=request.path,
            status=response.status_code,
        )
    return response


def _backend() -> str | None:
    """The back-end's endpoint: the first part of the names that ``mount`` gives."""
    name = (request.endpoint or "").partition(".")[0]
    return name if name in current_app.extensions[EXTENSION] else None


def _release(_error: BaseException | None) -> None:
    if "around" in g:
        g.around.close()
