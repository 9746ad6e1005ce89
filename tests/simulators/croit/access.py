"""Who calls: accounts, API tokens, and the tokens of sign-ons."""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from dataclasses import dataclass, field

from tests.simulators.croit.clock import Clock
from tests.simulators.croit.errors import missing, unauthorized

ROLES = ("admin", "viewer", "securefolder")


@dataclass(frozen=True)
class Account:
    name: str
    password: str = field(repr=False)
    roles: tuple[str, ...]


@dataclass
class Token:
    """``expiry`` is in unix seconds; ``id`` is None for the token of a sign-on."""

    secret: str = field(repr=False)
    name: str
    roles: tuple[str, ...]
    expiry: float | None
    id: int | None = None


@dataclass(frozen=True)
class Caller:
    """Somebody who was let in, with ``token`` unless by password."""

    name: str
    roles: tuple[str, ...]
    token: Token | None = None


class Access:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, Token] = {}
        self._made = 0

    def add_account(self, account: Account) -> None:
        self._accounts[account.name] = account

    def caller(self, authorization: str) -> Caller:
        """Raises 401 for anything but a known password or a token that has not expired."""
        scheme, _, given = authorization.partition(" ")
        match scheme.lower():
            case "bearer":
                token = self._tokens.get(given.strip())
                if token is None or not self.lasts(token):
                    raise unauthorized()
                return Caller(token.name, token.roles, token)
            case "basic":
                account = self.account(*_basic(given))
                return Caller(account.name, account.roles)
        raise unauthorized()

    def account(self, name: str, password: str) -> Account:
        account = self._accounts.get(name)
        if account is None or account.password != password:
            raise unauthorized()
        return account

    def sign_on(self, account: Account, seconds: int) -> Token:
        token = Token(str(uuid.uuid4()), account.name, account.roles, self._clock.now() + seconds)
        self._tokens[token.secret] = token
        return token

    def add_token(self, name: str, roles: tuple[str, ...], expiry: float | None = None) -> Token:
        with self._lock:
            self._made += 1
            token = Token(str(uuid.uuid4()), name, roles, expiry, self._made)
            self._tokens[token.secret] = token
        return token

    def api_tokens(self) -> list[Token]:
        with self._lock:
            return [token for token in self._tokens.values() if token.id is not None]

    def api_token(self, number: int) -> Token:
        for token in self.api_tokens():
            if token.id == number:
                return token
        raise missing("API token", number)

    def remove(self, token: Token) -> None:
        with self._lock:
            self._tokens.pop(token.secret, None)

    def lasts(self, token: Token) -> bool:
        return token.expiry is None or token.expiry > self._clock.now()


def _basic(given: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized() from None
    if not colon:
        raise unauthorized()
    return name, password
