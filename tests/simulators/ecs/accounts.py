"""Management accounts and their tokens."""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulators.ecs.clock import Clock
from tests.simulators.ecs.errors import EcsError
from tests.simulators.ecs.settings import Settings

SYSTEM_ADMIN = "SYSTEM_ADMIN"
SYSTEM_MONITOR = "SYSTEM_MONITOR"
NAMESPACE_ADMIN = "NAMESPACE_ADMIN"


@dataclass
class Account:
    """``namespace`` is that of a namespace's admin, else empty."""

    name: str
    password: str
    roles: tuple[str, ...] = (SYSTEM_ADMIN,)
    namespace: str = ""

    @property
    def everywhere(self) -> bool:
        return SYSTEM_ADMIN in self.roles or SYSTEM_MONITOR in self.roles


@dataclass
class Token:
    account: Account
    made: datetime
    used: datetime


class Accounts:
    """Who may come in. Calls are made one at a time."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, Token] = {}
        self._bad_logins = 0
        self._locked_until: datetime | None = None

    def add(self, account: Account) -> Account:
        self._accounts[account.name] = account
        return account

    def find(self, name: str) -> Account | None:
        return self._accounts.get(name)

    def login(self, authorization: str) -> tuple[str, Account]:
        """A new token for whom a Basic header names.

        Raises:
            EcsError: 4000, whether the password is wrong, the address locked out or the user has
                as many tokens as there may be; only the details tell which.
        """
        now = self._clock.now()
        if self._locked_until is not None and now < self._locked_until:
            # [?] How a locked-out address is told; only that it is, is known.
            raise EcsError(4000, "The client address is locked out after invalid logins")
        account = self._known(authorization)
        if account is None and not authorization:
            raise EcsError(4000, "Credentials are missing")
        if account is None:
            self._count_bad_login(now)
            raise EcsError(4000, "Invalid username or password")
        self._bad_logins = 0
        if self.count(account.name) >= self._settings.tokens_per_user:
            raise EcsError(4000, f"Max number of tokens exceeded for user {account.name}")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = Token(account, now, now)
        return token, account

    def account_of(self, token: str) -> Account | None:
        """Whose living token it is, which counts as a use of it."""
        self._forget_dead()
        found = self._tokens.get(token)
        if found is None:
            return None
        found.used = self._clock.now()
        return found.account

    def logout(self, token: str) -> None:
        self._tokens.pop(token, None)

    def logout_everywhere(self, name: str) -> None:
        self._tokens = {key: one for key, one in self._tokens.items() if one.account.name != name}

    def count(self, name: str) -> int:
        self._forget_dead()
        return sum(token.account.name == name for token in self._tokens.values())

    def revoke_all(self) -> None:
        self._tokens.clear()

    def _known(self, authorization: str) -> Account | None:
        kind, _, credentials = authorization.partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self._accounts.get(name)
        if account is None or not hmac.compare_digest(account.password.encode(), password.encode()):
            return None
        return account

    def _count_bad_login(self, now: datetime) -> None:
        self._bad_logins += 1
        if self._bad_logins >= self._settings.bad_logins:
            self._bad_logins = 0
            self._locked_until = now + timedelta(seconds=self._settings.lock_out_seconds)

    def _forget_dead(self) -> None:
        now = self._clock.now()
        life = timedelta(seconds=self._settings.token_seconds)
        idle = timedelta(seconds=self._settings.idle_seconds)
        self._tokens = {
            key: token
            for key, token in self._tokens.items()
            if now - token.made < life and now - token.used < idle
        }
