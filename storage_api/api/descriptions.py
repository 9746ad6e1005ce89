"""``/swagger.json`` and ``/openapi.json``: the API's description of itself, in both forms.

Neither depends on who asks, so each is made and encoded once in a process.
"""

import threading
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import orjson
from flask import Flask, Response, current_app, request

from storage_api.api.openapi import openapi_of
from storage_api.api.openapi_schemas import Schema

#: Names under which Flask knows the two routes; the first is the one that flask-restx uses.
SWAGGER, OPENAPI = "specs", "openapi"

_BEARER: Schema = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token of the site's provider.",
}


def describe_at(app: Flask, swagger: Callable[[], Schema]) -> None:
    """Serve both documents of what ``swagger`` answers, whenever it is first asked."""

    # flask-restx hands out one document, which is then completed in place: by one caller only.
    lock = threading.Lock()

    @cache
    def encoded(name: str) -> tuple[bytes, str]:
        document = swagger() if name == SWAGGER else openapi_of(swagger(), _schemes())
        body = orjson.dumps(document)
        return body, sha256(body).hexdigest()[:32]

    def view(name: str) -> Callable[[], Response]:
        def show() -> Response:
            with lock:
                body, tag = encoded(name)
            return _answer(body, tag)

        return show

    app.add_url_rule("/swagger.json", SWAGGER, view(SWAGGER))
    app.add_url_rule("/openapi.json", OPENAPI, view(OPENAPI))


def _answer(body: bytes, tag: str) -> Response:
    """To be kept by anybody, and asked for again: a new configuration is seen at once."""
    response = Response(body, content_type="application/json")
    response.set_etag(tag)
    response.headers["Cache-Control"] = "public, no-cache"
    response.make_conditional(request)
    return response


def _schemes() -> dict[str, Any]:
    """What Swagger 2.0 has no words for."""
    cookie = {
        "type": "apiKey",
        "in": "cookie",
        "name": current_app.config["SESSION_COOKIE_NAME"],
        "description": "[Sign on](/login), and a browser sends the cookie by itself.",
    }
    return {"session": cookie, "bearer": _BEARER}
