"""Turns any exception into one RFC 9457 problem document. The only place that does."""

from http import HTTPStatus

import orjson
import structlog
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from storage_api.domain.errors import BackendError, StorageError
from storage_api.transport.context import current_request_id

PROBLEM_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


def register_problems(app: Flask) -> None:
    app.register_error_handler(StorageError, _storage_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: HTTPStatus,
    slug: str,
    detail: str,
    headers: dict[str, str] | None = None,
    *,
    retryable: bool = False,
) -> Response:
    """``message`` repeats ``detail`` because v3's clients read that key.

    ``retryable`` tells whether the same request, sent again later, may work.
    """
    document = {
        "type": f"urn:storage-api:problem:{slug}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": slug,
        "retryable": retryable,
        "request_id": current_request_id(),
        "message": detail,
    }
    return Response(orjson.dumps(document), status.value, headers, content_type=PROBLEM_TYPE)


def slug_of(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "-").replace("'", "")


def _storage_error(error: StorageError) -> Response:
    if isinstance(error, BackendError):
        log.warning("backend-error", kind=error.slug, detail=str(error), cause=_cause(error))
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    return problem(error.status, error.slug, str(error), headers, retryable=error.retryable)


def _cause(error: BaseException) -> str | None:
    """What happened below, for the log: in words only where they tell of the connection.

    Other exceptions may quote what a vendor sent, which may hold secrets.
    """
    cause = error.__cause__
    if cause is None:
        return None
    return repr(cause)[:500] if isinstance(cause, OSError) else type(cause).__name__


def _http_error(error: HTTPException) -> HTTPException | Response:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    status = HTTPStatus(error.code)
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    }
    return problem(status, slug_of(status), error.description or status.phrase, headers)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected-error", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "An unexpected error happened; the log holds the details under this request id.",
    )
