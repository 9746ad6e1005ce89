"""Who may call: accounts, their passwords, and what they are kept from."""

import base64
import binascii
import hmac
import threading
from dataclasses import dataclass

from tests.simulators.ontap.errors import not_authorized

_TRIES = 6


class Refused(Exception):
    """401: neither the reason nor any JSON is told."""


@dataclass
class Account:
    """``svm`` makes it an account of that SVM; None is one of the cluster.

    ``denied`` are beginnings of paths below /api that its role does not have; the private
    CLI needs a role entry of its own ([D]). ``password`` None: only a certificate signs it on.
    """

    name: str
    password: str | None
    svm: str | None = None
    private_cli: bool = False
    denied: tuple[str, ...] = ()
    wrong_tries: int = 0
    locked: bool = False

    def check(self, path: str) -> None:
        """[D] An SVM's roles hold neither aggregates nor the cluster, jobs excepted."""
        refused = list(self.denied)
        if not self.private_cli:
            refused.append("/private/cli")
        if self.svm is not None:
            refused.append("/storage/aggregates")
            if not _under(path, "/cluster/jobs"):
                refused.append("/cluster")
        if any(_under(path, start) for start in refused):
            raise not_authorized()


class Accounts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}

    def add(self, account: Account) -> Account:
        self._accounts[account.name] = account
        return account

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def follow_svm(self, old: str, new: str) -> None:
        for account in self._accounts.values():
            if account.svm == old:
                account.svm = new

    def authenticate(self, authorization: str, common_name: str | None) -> Account:
        """By password, else by the name in a verified certificate.

        Raises:
            Refused: also for the right password after six wrong ones in a row.
        """
        if not authorization and common_name is not None:
            account = self._accounts.get(common_name)
            if account is None or account.locked:
                raise Refused
            return account
        name, password = _credential(authorization)
        with self._lock:
            account = self._accounts.get(name)
            if account is None or account.locked or account.password is None:
                raise Refused
            if not hmac.compare_digest(account.password.encode(), password):
                account.wrong_tries += 1
                account.locked = account.wrong_tries >= _TRIES
                raise Refused
            account.wrong_tries = 0
            return account


def _credential(authorization: str) -> tuple[str, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refused
    try:
        name, _, password = base64.b64decode(encoded, validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        raise Refused from None


def _under(path: str, start: str) -> bool:
    return path == start or path.startswith(f"{start}/")
