"""The one HTTP client for all vendors, hardened.

Connect and read time-outs are always set, the deadline of the request that is
served bounds the whole call, answers have a size limit, redirects are not followed
(they would carry the credential elsewhere) and neither proxies nor ``.netrc`` are
taken from the environment. Only what is safe to repeat is repeated.
"""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import structlog
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from storage_api import __version__
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
)
from storage_api.metrics.systems import System
from storage_api.transport.context import current_operation, current_request_id, seconds_left
from storage_api.transport.gate import Gate, GateShut, NeverSent
from storage_api.transport.turns import check_turns

_MAX_ANSWER_BYTES = 256 * 1024 * 1024
_CHUNK = 64 * 1024
_ATTEMPTS = 3
_HARMLESS = frozenset({"GET", "HEAD"})
_RETRY_STATUSES = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TransportSettings:
    """How to reach a vendor. Time-outs are seconds, for one connect and one read."""

    name: str
    connect_timeout: float
    read_timeout: float
    concurrency: int
    verify_tls: bool = True
    ca_file: Path | None = None
    #: Certificate and key with which we show who we are.
    client_certificate: tuple[str, str] | None = None
    #: ``socks5://`` or ``socks5h://`` address through which everything goes.
    proxy: str | None = None
    #: Connections that lay idle for longer are not used again: the vendor may be closing them.
    idle_timeout: float = 60.0
    #: What is longer is no answer of this vendor's.
    max_answer_bytes: int = _MAX_ANSWER_BYTES

    @property
    def verify(self) -> bool | str:
        """In the form that requests and boto3 take."""
        return str(self.ca_file) if self.ca_file and self.verify_tls else self.verify_tls


@dataclass(frozen=True)
class Answer:
    """A vendor's whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


class HttpClient:
    """Sends requests to one vendor; safe to share between threads."""

    def __init__(
        self, settings: TransportSettings, gate: Gate, auth: AuthBase | None = None
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._auth = auth
        self._metrics = System(settings.name)
        self._last_used = time.monotonic()
        self._idle_lock = threading.Lock()
        proxy = settings.proxy
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        # The adapter alone, without a Session: no redirects, no cookies, nothing from the
        # environment, and 0.2 ms less for each call.
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=settings.concurrency)
        if not settings.verify_tls:
            log.warning("tls-not-verified", backend=settings.name)

    def request(
        self,
        method: str,
        url: str,
        *,
        repeatable: bool,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send one request; ``url`` is complete and encoded.

        ``repeatable`` requests are sent up to three times while the vendor is out of
        reach; others are repeated only when they surely never reached it.

        Raises:
            BackendUnavailable, BackendTimeout, BackendMisbehaved
        """
        call = _Call(method, url, headers or {}, body)
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                with self._admission(call):
                    with self._metrics.call(current_operation()) as counted:
                        answer = self._send(call)
                        counted.answered(answer.status)
                    if answer.status in {429, 503}:
                        raise _Busy(answer)
            except _Busy as busy:
                if last or not repeatable:
                    return busy.answer
                self._pause(attempt, busy.answer.headers.get("Retry-After"))
            except GateShut:
                raise
            except BackendUnavailable as error:
                if last or not (repeatable or isinstance(error, NeverSent)):
                    raise
                self._pause(attempt, None, error)
            else:
                if last or not repeatable or answer.status not in _RETRY_STATUSES:
                    return answer
                self._pause(attempt, answer.headers.get("Retry-After"))
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def _admission(self, call: _Call) -> Iterator[None]:
        with self._gate.enter():
            # After the wait for a place, in which a turn may be lost.
            if call.method not in _HARMLESS:
                check_turns()
            yield

    def _send(self, call: _Call) -> Answer:
        settings = self._settings
        began = time.monotonic()
        request = requests.PreparedRequest()
        request.prepare(
            method=call.method,
            url=call.url,
            headers={**_headers(), **call.headers},
            data=call.body,
            auth=self._auth,
        )
        self._drop_idle_connections()
        try:
            with self._adapter.send(
                request,
                stream=True,
                timeout=(
                    seconds_left(settings.connect_timeout),
                    seconds_left(settings.read_timeout),
                ),
                verify=settings.verify,
                cert=settings.client_certificate,
                proxies=self._proxies,
            ) as response:
                answer = Answer(response.status_code, response.headers, self._read(response))
        except (requests.RequestException, HTTPError) as error:
            raise self._classify(error) from error
        log.debug(
            "backend-call",
            backend=settings.name,
            method=call.method,
            path=call.url.partition("?")[0],
            status=answer.status,
            ms=round((time.monotonic() - began) * 1000, 1),
        )
        return answer

    def _drop_idle_connections(self) -> None:
        """A request sent into a connection that is just being closed may or may not arrive.

        Of callers who come at once the first one does this: the pool that the others
        already took must not be closed under them.
        """
        with self._idle_lock:
            now = time.monotonic()
            idle, self._last_used = now - self._last_used, now
            if idle > self._settings.idle_timeout:
                self._adapter.poolmanager.clear()

    def _read(self, response: requests.Response) -> bytes:
        """The body, as long as it is neither endless nor slower than the deadline allows."""
        body = bytearray()
        end = time.monotonic() + seconds_left(self._settings.read_timeout)
        # What has come so far, rather than a full chunk: a vendor that drips is noticed in time.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._settings.max_answer_bytes:
                raise BackendMisbehaved(f"{self._settings.name} sent an endless answer.")
            if time.monotonic() > end:
                raise BackendTimeout(f"{self._settings.name} sends its answer too slowly.")
        return bytes(body)

    def _classify(self, error: Exception) -> BackendError:
        name = self._settings.name
        if isinstance(error, requests.exceptions.SSLError):
            if "CERTIFICATE_VERIFY_FAILED" in repr(error):
                return BackendMisbehaved(f"{name} showed a TLS certificate that is not trusted.")
            return BackendMisbehaved(f"{name} does not speak TLS as it should.")
        if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
            return NeverSent(f"{name} cannot be reached.")
        if isinstance(error, requests.Timeout | ReadTimeoutError):
            return BackendTimeout(f"{name} did not answer in time.")
        return BackendUnavailable(f"{name} cut the connection.")

    def _pause(
        self, attempt: int, retry_after: str | None, error: BackendUnavailable | None = None
    ) -> None:
        """Wait before the next attempt; raise ``error`` if there is no time for one."""
        asked = float(retry_after) if retry_after and retry_after.isdigit() else 0.0
        pause = max(asked, 0.2 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
        if pause > _LONGEST_PAUSE or pause >= seconds_left(_LONGEST_PAUSE * 2):
            raise error or BackendUnavailable(
                f"{self._settings.name} asks for patience.", retry_after=max(1, round(pause))
            )
        self._metrics.retried()
        time.sleep(pause)


class _Busy(BackendUnavailable):
    """The vendor said that it is busy: counts as a failure for the gate."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("busy")
        self.answer = answer


def _headers() -> dict[str, str]:
    headers = {"User-Agent": f"storage-api/{__version__}", "Accept-Encoding": "gzip"}
    request_id = current_request_id()
    return headers | {"X-Request-Id": request_id} if request_id else headers


def _never_connected(error: Exception) -> bool:
    """Refused, or no such host (which is a kind of the same in urllib3)."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
