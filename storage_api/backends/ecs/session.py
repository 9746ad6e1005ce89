"""One account's token, shared by all threads of this process.

A token lives for some hours, and ECS gives each account about a hundred. So there is one login
for everybody who needs a token, it is renewed before it ends, and it is given back at exit.
"""

import atexit
import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus

import structlog

from storage_api.backends.ecs.account import Account, Door, TokensExhausted
from storage_api.backends.ecs.wire import Call, Reply, Wire, token_in, with_token
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    StorageError,
)
from storage_api.domain.secrets import Secret
from storage_api.transport.context import (
    REQUEST_SECONDS,
    current_request_id,
    seconds_left,
    serving,
)
from storage_api.transport.http import Answer

#: A token ends after two hours without use, whatever its age may become.
_LONGEST_USE = 100 * 60.0
_PART_OF_LIFE = 0.8
_LOGIN_SECONDS = 20.0
_LOGOUT_SECONDS = 3.0
_TRY_AGAIN_SECONDS = 60.0
_MAX_AGE = "X-SDS-AUTH-MAX-AGE"
#: A login whose answer is lost costs a token, and no more than that.
_LOGIN = Call("GET", ("login",), repeatable=True)
_LOGOUT = Call("GET", ("logout",))
_UNKNOWN_TOKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FOUND})
_NO_ACCESS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ILL = frozenset({HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Token:
    secret: Secret
    renew_at: float


class Session:
    """Sends calls with a token of ``account``; safe to share between threads, not processes."""

    def __init__(self, wire: Wire, account: Account) -> None:
        self._wire = wire
        self._account = account
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._door = Door()
        self._token: _Token | None = None
        self._flight: Future[_Token] | None = None
        atexit.register(self.log_out)

    def send(self, call: Call) -> Reply:
        """What ECS answers; asked once more with a new token if it does not know ours any more.

        It says so before it does anything, so asking again is right for every call.

        Raises:
            StorageError: as ``Wire.read``, or why there is no token.
        """
        answer, token = self._ask(call)
        if answer.status in _UNKNOWN_TOKEN:
            self._drop(token)
            answer, token = self._ask(call)
            if answer.status in _UNKNOWN_TOKEN:
                self._drop(token)
                # The next login would only waste another of the tokens that the account may have.
                raise self._door.shut(
                    BackendRefused(
                        f"{self._wire.name} lets our account log in, but does not accept its token."
                    )
                )
        return self._wire.read(call, answer)

    def _ask(self, call: Call) -> tuple[Answer, _Token]:
        token = self._usable()
        return self._wire.send(call, with_token(token.secret)), token

    def log_out(self) -> None:
        """Give the token back, if that is possible without much ado."""
        if self._process != os.getpid():
            return  # a child that was forked must not end its parent's token
        with self._lock:
            token, self._token = self._token, None
        if token is not None:
            self._give_back(token)

    def _usable(self) -> _Token:
        """A token, from a login that all share who come meanwhile.

        While one is being renewed, the others go on with the former one.
        """
        with self._lock:
            token, flight = self._token, self._flight
            if token is not None:
                fresh = time.monotonic() < token.renew_at
                if fresh or flight is not None or self._door.is_shut:
                    return token
            leads = flight is None
            if flight is None:
                self._door.check()
                flight = self._flight = Future()
        if leads:
            self._fly(flight, token)
        try:
            return flight.result(timeout=seconds_left(REQUEST_SECONDS))
        except NotInTime:
            raise BackendTimeout(f"{self._wire.name} does not log us in in time.") from None

    def _fly(self, flight: "Future[_Token]", former: _Token | None) -> None:
        """Log in for everybody; a renewal that fails leaves the former token in use."""
        try:
            # A time of its own: who waits for it may have more than this request has left.
            with serving(current_request_id() or "login", seconds=_LOGIN_SECONDS):
                made = self._log_in()
        except StorageError as error:
            kept = self._end_flight_with(former)
            if kept is None:
                flight.set_exception(error)
            else:
                log.warning("ecs-token-not-renewed", backend=self._wire.name, reason=str(error))
                flight.set_result(kept)
            return
        except BaseException as error:  # who waits must not wait for ever
            self._end_flight(None)
            flight.set_exception(error)
            raise
        self._end_flight(made)
        flight.set_result(made)
        if former is not None:
            self._give_back(former)

    def _end_flight_with(self, former: _Token | None) -> _Token | None:
        """The former token for a while longer, unless ECS has refused it meanwhile."""
        with self._lock:
            self._flight = None
            if self._token is former and former is not None:
                self._token = replace(former, renew_at=time.monotonic() + _TRY_AGAIN_SECONDS)
            return self._token

    def _end_flight(self, token: _Token | None) -> None:
        with self._lock:
            self._flight = None
            self._token = token

    def _drop(self, token: _Token) -> None:
        with self._lock:
            if self._token is not None and self._token.secret == token.secret:
                self._token = None

    def _log_in(self) -> _Token:
        began = time.monotonic()
        answer = self._wire.send(_LOGIN, self._account.header())
        if answer.status == HTTPStatus.OK:
            self._door.open()
            secret = token_in(answer)
            if secret is None:
                raise self._door.shut(self._no_ecs(answer))
            return _Token(secret, began + _use_seconds(answer))
        if answer.status in _ILL:
            raise BackendUnavailable(f"{self._wire.name} cannot log us in (HTTP {answer.status}).")
        raise self._door.shut(self._refused(answer))

    def _refused(self, answer: Answer) -> StorageError:
        account = f"our account (option {self._account.option})"
        # The status and the code are those of a wrong password; only the text differs.
        if b"number of tokens" in answer.body[:8192].lower():
            return TokensExhausted(
                f"{self._wire.name} has given {account} as many tokens as it may have; they end "
                "by themselves after some hours, or when whoever holds them logs out."
            )
        if answer.status in _NO_ACCESS:
            return BackendRefused(
                f"{self._wire.name} does not accept {account}: its name or password is wrong, or "
                "it is locked. It is left alone for a while, as ECS locks out who tries too often."
            )
        return self._no_ecs(answer)

    def _no_ecs(self, answer: Answer) -> StorageError:
        return BackendMisbehaved(
            f"{self._wire.name} does not log in as ECS does (HTTP {answer.status}); "
            "check the option url."
        )

    def _give_back(self, token: _Token) -> None:
        """One that stays ends by itself. At exit the authority's file may be gone already."""
        with (
            suppress(StorageError, OSError),
            serving(current_request_id() or "logout", seconds=_LOGOUT_SECONDS),
        ):
            self._wire.send(_LOGOUT, with_token(token.secret))


def _use_seconds(answer: Answer) -> float:
    """For how long to use a token: less than ECS says, for clocks and idle time's sake."""
    told = answer.headers.get(_MAX_AGE, "")
    if not (told.isascii() and told.isdigit()) or int(told[:9]) < 1:
        return _LONGEST_USE
    return min(_PART_OF_LIFE * int(told[:9]), _LONGEST_USE)
