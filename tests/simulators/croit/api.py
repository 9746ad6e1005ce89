"""From a request to its answer."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.simulators.croit import routes
from tests.simulators.croit.access import Caller
from tests.simulators.croit.call import Call, World, refused
from tests.simulators.croit.errors import CroitError, Duplicate, forbidden, invalid
from tests.simulators.croit.rates import Rates
from tests.simulators.croit.records import Json
from tests.simulators.croit.routes import Route
from tests.simulators.croit.schemas import Schema
from tests.simulators.waldur.messages import Reply, Request

_ROOT = "/api"
_WEB_UI = b"<!doctype html><html><head><title>croit</title></head><body></body></html>"


class Api:
    """Answers requests; safe to call from many threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rates = Rates(world.clock)

    def answer(self, request: Request) -> Reply:
        raw_path = request.target.partition("?")[0]
        if not raw_path.startswith(f"{_ROOT}/"):
            # [P] The management address without /api is that of people's web pages.
            status = 200 if request.method == "GET" else 405
            return Reply(status, _WEB_UI, {"Content-Type": "text/html"})
        try:
            return self._call(request, raw_path.removeprefix(_ROOT))
        except Duplicate as error:
            status = self._world.settings.duplicate_status
            return refused(CroitError(status, error.message))
        except CroitError as error:
            return refused(error)

    def _call(self, request: Request, path: str) -> Reply:
        route, names = self._route(request, path)
        caller = self._caller(request, route)
        if caller is not None and route.rate and self._world.settings.limits_rates:
            self._rates.count(route.rate, caller.name)
        body = {} if route.body is None else _body(request, route.body)
        with self._world.store.turn():
            return route.handler(Call(self._world, request, names, caller, body))

    def _route(self, request: Request, path: str) -> tuple[Route, dict[str, str]]:
        """Who is not known is not told what exists."""
        try:
            return routes.find(request.method, path)
        except CroitError:
            self._signed_on(request)
            raise

    def _caller(self, request: Request, route: Route) -> Caller | None:
        if route.role is None:
            return None
        caller = self._signed_on(request)
        if route.role and route.role not in caller.roles:
            raise forbidden()
        return caller

    def _signed_on(self, request: Request) -> Caller:
        caller = self._world.access.caller(request.headers.get("Authorization", ""))
        request.account = caller.name
        return caller


def _body(request: Request, schema: Schema) -> Json:
    try:
        document: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
    for error in Draft202012Validator(schema).iter_errors(document):
        where = "/".join(str(part) for part in error.absolute_path)
        raise invalid(f"{where or 'body'}: {error.validator} is violated")
    found: Json = document
    return found
