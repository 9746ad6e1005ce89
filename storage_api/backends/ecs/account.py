"""Who we are for ECS: a management user with a password, and the moments at which it is refused."""

import base64
import time
from dataclasses import dataclass

from storage_api.domain.errors import StorageError
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import GateShut

_SHUT_SECONDS = 60.0
_LONGEST_SHUT_SECONDS = 960.0


@dataclass(frozen=True)
class Account:
    """A management user; ``option`` is where an operator names it."""

    username: str
    password: Secret
    option: str = "username"

    def header(self) -> dict[str, str]:
        """For a login, and for nothing else; a password may be in any alphabet."""
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


class TokensExhausted(GateShut):
    """The account has as many tokens as ECS allows; the password may well be right."""


class Door:
    """Stays shut for a while after a refused login, each time for longer.

    ECS locks an address out that tries too often, and with it every other user behind it.
    """

    def __init__(self) -> None:
        self._refusal: StorageError | None = None
        self._seconds = _SHUT_SECONDS
        self._until = 0.0

    @property
    def is_shut(self) -> bool:
        return time.monotonic() < self._until

    def check(self) -> None:
        """Raise what the last login was refused with, while the door is shut."""
        left = self._until - time.monotonic()
        if self._refusal is not None and left > 0:
            raise type(self._refusal)(str(self._refusal), retry_after=max(1, round(left)))

    def shut(self, refusal: StorageError) -> StorageError:
        """The error to raise now, which everybody gets who comes while the door is shut."""
        self._refusal = refusal
        self._until = time.monotonic() + self._seconds
        refusal.retry_after = round(self._seconds)
        if not isinstance(refusal, TokensExhausted):
            self._seconds = min(2 * self._seconds, _LONGEST_SHUT_SECONDS)
        return refusal

    def open(self) -> None:
        self._refusal = None
        self._seconds = _SHUT_SECONDS
