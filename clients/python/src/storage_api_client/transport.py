"""One hardened session: time-outs always, retries of what is safe, problems as exceptions.

What may be sent again: everything of which no byte can have reached the service; and GET,
PUT, DELETE and those POSTs of which the API says that a repeat finds what the first one made,
when no answer came or the answer says that a retry may help.
"""

import logging
import random
import ssl
import time
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from storage_api_client.credentials import Auth, Credential
from storage_api_client.errors import ApiError, ConfigurationError, Unavailable, error_class

log = logging.getLogger("storage_api_client")

#: How often a request is sent again at most.
RETRIES = 3
#: A service that wants a longer pause gets none: the caller decides.
LONGEST_PAUSE = 30.0
_FIRST_PAUSE = 0.5
_CONNECT_SECONDS = 5.0
_LONGEST_TIMEOUT = 24 * 3600.0
#: Kept open; more threads than that make connections of their own, with a warning for each.
_CONNECTIONS = 64
_SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
#: Sent by a proxy in front of the service, they come without a problem document.
_PASSING = frozenset({502, 503, 504})
_GONE = 404
#: From here on the service itself failed: a change may have been made ...
_FAILED = 500
#: ... but not where it says that the back-end refused.
_REFUSED = frozenset({501, 507})


@dataclass(frozen=True)
class Request:
    """One call. ``repeatable``: whether sending it twice does no more than sending it once."""

    method: str
    path: str
    json: Any = None
    params: dict[str, Any] | None = None
    repeatable: bool | None = None

    @property
    def may_repeat(self) -> bool:
        return self.method in _SAFE if self.repeatable is None else self.repeatable


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nothing is followed, so not even a malformed ``Location`` is looked at."""
        del resp


class Transport:
    """Sends requests to one service. Threads may share it."""

    def __init__(  # noqa: PLR0913  # as Client's
        self,
        url: str,
        credential: Credential,
        *,
        timeout: float,
        verify: bool | str,
        user_agent: str,
        retries: int,
    ) -> None:
        if not 0 < timeout <= _LONGEST_TIMEOUT:
            raise ConfigurationError("the time-out must be more than 0 seconds, at most a day")
        if retries < 0:
            raise ConfigurationError("there cannot be fewer than 0 retries")
        self.url = checked_url(url)
        self._attempts = 1 + retries
        self._timeout = (min(_CONNECT_SECONDS, timeout), timeout)
        self._session = _Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
        self._session.auth = Auth(credential)
        # Who asks is said by the credential alone, not by what an earlier answer set.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # At each request, for there it goes before REQUESTS_CA_BUNDLE; the session's does not.
        self._verify = verify
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept"] = "application/json, application/problem+json"

    def close(self) -> None:
        self._session.close()

    def send(self, request: Request) -> requests.Response:
        """The answer to ``request``, once it is a success.

        Raises:
            ApiError: it is none, or none came.
            ConfigurationError: a file with a secret will not do.
        """
        if not request.path.startswith("/"):
            # What follows the host's name without a slash may make it another host's.
            raise ConfigurationError("a path must begin with a slash")
        unsure = False
        for attempt in range(1, self._attempts + 1):
            try:
                return self._send_once(request)
            except ApiError as error:
                if unsure and error.status == _GONE and request.method == "DELETE":
                    return _nothing()
                unsure = unsure or error.may_have_happened
                error.may_have_happened = unsure
                pause = _pause(error, attempt)
                again = request.may_repeat or not (unsure or error.status)
                if not (error.retryable and again) or attempt == self._attempts or pause is None:
                    raise
                log.debug("%s %s: again in %.1f s", request.method, request.path, pause)
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _send_once(self, request: Request) -> requests.Response:
        request_id = uuid.uuid4().hex
        started = time.monotonic()
        try:
            answer = self._session.request(
                request.method,
                self.url + request.path,
                json=request.json,
                params=request.params,
                headers={"X-Request-Id": request_id},
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except ConfigurationError:
            raise
        except (ValueError, requests.exceptions.InvalidJSONError) as error:
            raise ConfigurationError(_malformed(error)) from None
        except requests.RequestException as error:
            raise _no_answer(error, request.method, request_id, self._timeout[1]) from None
        except OSError:
            raise ConfigurationError(
                "the certificates to trust cannot be read: see verify, or REQUESTS_CA_BUNDLE"
            ) from None
        log.debug(
            "%s %s: %d in %d ms, request id %s",
            request.method,
            request.path,
            answer.status_code,
            (time.monotonic() - started) * 1000,
            request_id,
        )
        if not answer.ok or answer.is_redirect:
            raise _problem(answer, request.method, request_id)
        return answer


def checked_url(url: str) -> str:
    """The service's address without a slash at its end.

    Raises:
        ConfigurationError: it is none, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError("the service's address is malformed") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("the service's address must not hold a user or password")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ConfigurationError("the service's address must begin with https:// and a host")
    if parts.query or parts.fragment:
        raise ConfigurationError("the service's address must end with its path")
    return url.rstrip("/")


def address(*parts: str, slashes: bool = False) -> str:
    """The path of ``parts``, percent-encoded.

    ``slashes`` lets names have them, as volumes may.

    Raises:
        ConfigurationError: a part would lead elsewhere, such as ``..``.
    """
    for part in parts:
        if not part:
            raise ConfigurationError("a name must not be empty")
        segments = part.split("/")
        if not slashes and len(segments) > 1:
            raise ConfigurationError(f"a name of this kind has no slash: {part!r}")
        if not all(segments) or {".", ".."} & set(segments):
            raise ConfigurationError(f"no name, for as a path it leads elsewhere: {part!r}")
    try:
        return "".join(f"/{quote(part, safe='/')}" for part in parts)
    except UnicodeEncodeError:
        raise ConfigurationError(f"no name, for it is no Unicode text: {parts!r}") from None


def _pause(error: ApiError, attempt: int) -> float | None:
    """Seconds until the next try; ``None``: longer than anybody should wait in silence."""
    grown: float = _FIRST_PAUSE * 2 ** (attempt - 1)
    wanted = grown * random.uniform(0.5, 1.0)  # noqa: S311  # only so that not all come at once
    if error.retry_after is not None:
        wanted = max(wanted, error.retry_after)
    return wanted if wanted <= LONGEST_PAUSE else None


def _no_answer(
    error: requests.RequestException, method: str, request_id: str, seconds: float
) -> ApiError:
    changes = method not in {"GET", "HEAD"}
    if isinstance(error, requests.exceptions.SSLError):
        return _tls(error, request_id, changes=changes)
    if _never_sent(error):
        detail = "The service cannot be reached."
        return Unavailable(0, "unreachable", "No answer", detail, request_id, retryable=True)
    slow = isinstance(error, requests.Timeout)
    return Unavailable(
        0,
        "timeout" if slow else "connection-lost",
        "No answer",
        f"No answer within {seconds:g} seconds." if slow else "The connection broke off.",
        request_id,
        # requests' other complaints, such as an impossible header, will not pass.
        retryable=isinstance(
            error,
            requests.Timeout | requests.ConnectionError | requests.exceptions.ChunkedEncodingError,
        ),
        may_have_happened=changes,
    )


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return isinstance(_cause(error), NewConnectionError | ConnectTimeoutError)


def _tls(error: requests.RequestException, request_id: str, *, changes: bool) -> ApiError:
    cause = _cause(error)
    inner = cause.args[0] if cause is not None and cause.args else cause
    if isinstance(inner, ssl.SSLCertVerificationError):
        detail = "The service's TLS certificate cannot be verified."
        return Unavailable(0, "tls", "No answer", detail, request_id)
    # It may have failed after the request was sent.
    return Unavailable(
        0,
        "tls",
        "No answer",
        "The TLS connection failed.",
        request_id,
        retryable=isinstance(inner, ssl.SSLEOFError),
        may_have_happened=changes,
    )


def _cause(error: requests.RequestException) -> BaseException | None:
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return cause if isinstance(cause, BaseException) else None


def _malformed(error: Exception) -> str:
    """Why nothing could be sent."""
    if isinstance(error, UnicodeError):
        return "a value is no Unicode text"
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return "the body cannot be written as JSON"
    return "the service's address, a proxy's, or a header is malformed"


def _problem(answer: requests.Response, method: str, request_id: str) -> ApiError:
    status = answer.status_code
    if answer.is_redirect:
        # Nothing is followed: whoever redirects must not choose who gets the token.
        where = _place(answer.headers["Location"])
        detail = f"The service redirects to {where}; give the address that it has itself."
        return ApiError(status, "redirected", "Redirected", detail, request_id)
    document = _document(answer)
    passing = status in _PASSING
    code = _text(document, "code") or ("proxy-error" if passing else "http-error")
    title = _text(document, "title") or f"HTTP {status}"
    detail = _text(document, "detail") or f"HTTP {status} without an explanation."
    return error_class(status, code)(
        status,
        code,
        title,
        detail,
        _text(document, "request_id") or request_id,
        retryable=document.get("retryable", passing) is True,
        retry_after=_retry_after(answer.headers.get("Retry-After")),
        may_have_happened=status >= _FAILED
        and status not in _REFUSED
        and method not in {"GET", "HEAD"},
    )


def _place(location: str) -> str:
    """The host that a redirection leads to: the rest may hold secrets."""
    try:
        target = urlsplit(location)
        host = target.hostname
    except ValueError:
        return "a malformed address"
    return f"{target.scheme}://{host}" if host else "another path"


def _document(answer: requests.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(document: dict[str, Any], key: str) -> str | None:
    value = document.get(key)
    if key == "detail" and isinstance(value, list):
        # The form of the CSCS document's errors.
        value = "; ".join(str(item.get("msg")) for item in value if isinstance(item, dict))
    return value if isinstance(value, str) and value else None


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _nothing() -> requests.Response:
    answer = requests.Response()
    answer.status_code = 204
    return answer
