"""One request from its arrival to its answer, and what goes wrong on the way by order."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import unquote_plus

from tests.simulators.faults import Fault, Faults
from tests.simulators.ontap import params
from tests.simulators.ontap.accounts import Account, Accounts, Refused
from tests.simulators.ontap.body import Body
from tests.simulators.ontap.call import Call, Started, json
from tests.simulators.ontap.errors import OntapError, bad_value, not_authorized
from tests.simulators.ontap.http import Cut, Request, Response
from tests.simulators.ontap.records import API, Svm
from tests.simulators.ontap.routes import route
from tests.simulators.ontap.work import accepted
from tests.simulators.ontap.world import World

_LOGGED = 100_000
_WRITTEN_BY_QUERY = ("/protocols/locks", "/private/cli/volume")
_OPTIONS = {
    "PATCH": ("restore_to.snapshot.name", "restore_to.snapshot.uuid"),
    "DELETE": ("force",),
}


@dataclass(frozen=True)
class Logged:
    """A request as it came; ``path`` and ``query`` are decoded, ``at`` is of the monotonic clock.

    ``account`` is None when it was not let in.
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

    def __init__(self, world: World, accounts: Accounts, faults: Faults) -> None:
        self._world = world
        self._accounts = accounts
        self._faults = faults
        self._lock = threading.Lock()
        self._busy = 0
        self._ending = threading.Event()
        self.requests: deque[Logged] = deque(maxlen=_LOGGED)
        #: The most requests that were ever under way together.
        self.most_at_once = 0

    def end(self) -> None:
        """Whatever hangs or sleeps goes on."""
        self._ending.set()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self._busy += 1
            self.most_at_once = max(self.most_at_once, self._busy)
        try:
            return self._spoiled(request)
        finally:
            with self._lock:
                self._busy -= 1

    def _spoiled(self, request: Request) -> Response:
        at = time.monotonic()
        account = self._account(request)
        query = unquote_plus(request.query)
        self.requests.append(
            Logged(
                request.method,
                request.path,
                query,
                request.headers,
                request.body,
                None if account is None else account.name,
                at,
            )
        )
        self._sleep(self._world.settings.latency)
        fault = self._faults.take(request.method, request.path, query)
        if fault is None:
            return self._answer(request, account)
        instead = self._instead(fault)
        return instead or _spoil(fault, self._answer(request, account))

    def _instead(self, fault: Fault) -> Response | None:
        """The answer of faults that keep the work from being done."""
        match fault.kind:
            case "cut-before":
                raise Cut
            case "hang":
                self._sleep(fault.seconds or None)
                raise Cut
            case "slow":
                self._sleep(fault.seconds)
            case "status":
                headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
                return Response(fault.status or 503, fault.body, fault.content_type, headers)
            case "code":
                error = OntapError(fault.code, fault.text or "As ordered.", status=fault.status)
                return json({"error": error.document()}, error.status)
        return None

    def _sleep(self, seconds: float | None) -> None:
        if seconds != 0:
            self._ending.wait(seconds)

    def _account(self, request: Request) -> Account | None:
        try:
            return self._accounts.authenticate(
                request.headers.get("authorization", ""), request.common_name
            )
        except Refused:
            return None

    def _answer(self, request: Request, account: Account | None) -> Response:
        if account is None:
            body = b"<html><head><title>401 Unauthorized</title></head></html>"
            challenge = {"WWW-Authenticate": 'Basic realm="Private Zone"'}
            return Response(401, body, "text/html", challenge)
        try:
            return self._call(request, account)
        except OntapError as error:
            return json({"error": error.document()}, error.status)

    def _call(self, request: Request, account: Account) -> Response:
        path = request.raw_path.removeprefix(API)
        if path == request.raw_path or not path.startswith("/"):
            return Response(404, b"<html><body>Not Found</body></html>", "text/html")
        account.check(path.rstrip("/"))
        handler, names = route(request.method, path)
        world = self._world
        with world.lock:
            world.settle()
            call = Call(
                world=world,
                target=request.target,
                params=params.parse(request.query),
                body=Body.parse(request.body),
                account=account,
                scope=self._scope(request, account),
                hal=request.headers.get("accept", "") != "application/json",
                names=names,
            )
            _refuse_filters(request.method, path.rstrip("/"), call)
            result = handler(call)
        return result if isinstance(result, Response) else self._awaited(call, result)

    def _scope(self, request: Request, account: Account) -> Svm | None:
        """[C] A tunnel header confines an account of the cluster; it fails one of an SVM."""
        name = request.headers.get("x-dot-svm-name")
        uuid = request.headers.get("x-dot-svm-uuid")
        tunnelled = name is not None or uuid is not None
        if account.svm is not None:
            if tunnelled:
                raise not_authorized()
            return self._world.svm(account.svm)
        if name is not None:
            svm = self._world.svm(name)
            if uuid not in {None, svm.uuid}:
                raise OntapError(13434920, "The tunnel's SVM name and uuid disagree.")
            return svm
        return None if uuid is None else self._world.svm_by_uuid(uuid)

    def _awaited(self, call: Call, started: Started) -> Response:
        """[D] The work's own answer when it ends in time, else 202; [I] a failure's shape."""
        patience = call.params.return_timeout or 0
        left = started.job.ends - time.monotonic()
        self._sleep(max(0.0, min(patience, left)))
        with call.world.lock:
            call.world.settle()
            if not patience or not started.job.done:
                return accepted(call, started)
            if started.job.error is not None:
                raise started.job.error
            return started.answer()


def _refuse_filters(method: str, path: str, call: Call) -> None:
    """A write by key knows no filters, so that they are unknown parameters there."""
    if method in {"GET", "HEAD"} or path in _WRITTEN_BY_QUERY or call.params.ignore_unknown:
        return
    for key, value in call.params.filters:
        if key not in _OPTIONS.get(method, ()):
            raise bad_value(key, value)


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
