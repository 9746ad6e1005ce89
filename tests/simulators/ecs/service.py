"""One request from its arrival to its answer, and what goes wrong on the way by order."""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from tests.simulators.ecs import xml
from tests.simulators.ecs.accounts import Account
from tests.simulators.ecs.call import Call, Reply
from tests.simulators.ecs.errors import EcsError
from tests.simulators.ecs.routes import route
from tests.simulators.ecs.world import World
from tests.simulators.faults import Fault, Faults
from tests.simulators.ontap.http import Cut, Request, Response

_LOGGED = 100_000
_TOKEN = "x-sds-auth-token"


@dataclass(frozen=True)
class Logged:
    """A request as it came; ``path`` and ``query`` are decoded, ``at`` is of the monotonic clock.

    ``account`` is None when no living token came with it.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    account: str | None
    at: float


class Service:
    """Answers requests; safe to call from many threads."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._lock = threading.Lock()
        self._busy = 0
        self._ending = threading.Event()
        self.requests: deque[Logged] = deque(maxlen=_LOGGED)
        #: The most requests that were ever under way together.
        self.peak = 0

    def end(self) -> None:
        """Whatever hangs or sleeps goes on."""
        self._ending.set()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self._busy += 1
            self.peak = max(self.peak, self._busy)
        try:
            return self._spoiled(request)
        finally:
            with self._lock:
                self._busy -= 1

    def _spoiled(self, request: Request) -> Response:
        with self._world.lock:
            account = self._world.accounts.account_of(request.headers.get(_TOKEN, ""))
        self._log(request, account)
        self._sleep(self._world.settings.latency)
        fault = self._faults.take(request.method, request.path, unquote_plus(request.query))
        if fault is None:
            return self._answer(request, account)
        instead = self._instead(request, fault)
        return instead or _spoil(fault, self._answer(request, account))

    def _log(self, request: Request, account: Account | None) -> None:
        self.requests.append(
            Logged(
                request.method,
                request.path,
                unquote_plus(request.query),
                request.headers,
                request.body,
                None if account is None else account.name,
                time.monotonic(),
            )
        )

    def _instead(self, request: Request, fault: Fault) -> Response | None:
        """The answer of faults that keep the work from being done.

        A ``status`` is the front end's, in HTML; a ``code`` comes from the service behind it.
        """
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        match fault.kind:
            case "cut-before":
                raise Cut
            case "hang":
                self._sleep(fault.seconds or None)
                raise Cut
            case "slow":
                self._sleep(fault.seconds)
            case "status":
                return Response(fault.status or 503, fault.body, fault.content_type, headers)
            case "code":
                error = EcsError(int(fault.code), fault.text, status=fault.status)
                response = self._failed(request, error)
                response.headers |= headers
                return response
        return None

    def _sleep(self, seconds: float | None) -> None:
        if seconds != 0:
            self._ending.wait(seconds)

    def _answer(self, request: Request, account: Account | None) -> Response:
        try:
            with self._world.lock:
                if request.raw_path == "/login":
                    return self._login(request)
                if account is None:
                    return self._unauthenticated(request)
                return self._call(request, account)
        except EcsError as error:
            return self._failed(request, error)

    def _login(self, request: Request) -> Response:
        if request.method != "GET":
            raise EcsError(1007)
        settings, accounts = self._world.settings, self._world.accounts
        token, account = accounts.login(request.headers.get("authorization", ""))
        response = self._written(request, Reply("loggedIn", {"user": account.name}))
        response.headers = {"X-SDS-AUTH-TOKEN": token, "X-SDS-AUTH-USERNAME": account.name}
        if settings.max_age_header:
            response.headers["X-SDS-AUTH-MAX-AGE"] = str(settings.token_seconds)
        return response

    def _unauthenticated(self, request: Request) -> Response:
        if self._world.settings.unauthenticated == "302":
            return Response(302, headers={"Location": "/login"})
        raise EcsError(4000, "The token is missing, unknown or expired")

    def _call(self, request: Request, account: Account) -> Response:
        handler, names = route(request.method, request.raw_path, account)
        self._world.settle()
        call = Call(
            world=self._world,
            account=account,
            token=request.headers[_TOKEN],
            query=dict(parse_qsl(request.query, keep_blank_values=True)),
            content=request.body,
            content_type=request.headers.get("content-type", ""),
            names=names,
        )
        return self._written(request, handler(call))

    def _failed(self, request: Request, error: EcsError) -> Response:
        return self._written(request, Reply("error", error.document(), error.status))

    def _written(self, request: Request, reply: Reply | None) -> Response:
        """XML, unless JSON is asked for; nothing where there is nothing to say."""
        if reply is None or (reply.document is None and reply.raw is None):
            return Response(200 if reply is None else reply.status)
        if reply.raw is not None:
            return Response(reply.status, reply.raw)
        if not _wants_json(request):
            body = xml.write(reply.root, reply.document)
            return Response(reply.status, body, "application/xml")
        document = reply.document
        if self._world.settings.stringify and reply.status < 400:
            document = _stringified(document)
        return Response(reply.status, json.dumps(document).encode())


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted or request.raw_path.endswith(".json")


def _stringified(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stringified(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stringified(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _spoil(fault: Fault, response: Response) -> Response:
    match fault.kind:
        case "cut-after":
            raise Cut
        case "cut-within":
            raise Cut(response.head() + response.body[: len(response.body) // 2])
        case "truncate":
            return Response(response.status, response.body[: len(response.body) // 2])
        case "garbage":
            return Response(fault.status or 200, fault.body, fault.content_type)
    return response
