"""What an operator sets for a NetApp SVM."""

import ipaddress
import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from storage_api.backends.options import bounded, check_ca_file
from storage_api.domain.secrets import Secret

_DEFAULT_READ_TIMEOUT = 30.0
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
#: What ONTAP takes as an SVM's name; nothing in it has a meaning in a query.
_VSERVER = re.compile(r"[A-Za-z0-9_](?:\.?[A-Za-z0-9_-]){0,63}")
_VERSION = re.compile(r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})?")


@dataclass(frozen=True)
class NetappOptions:
    """One SVM, reached at ``hostname`` (``host[:port]``), by default the vserver's name.

    The account is ``username`` with ``password``, or the one that ``client_certificate``
    names; it belongs to the SVM, or to the whole cluster. ``timeout_s`` is the former
    name of ``read_timeout``. ``version`` is ONTAP's release, for accounts that may not ask.
    """

    vserver: str
    hostname: str | None = None
    username: str | None = None
    password: Secret | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    ca_file: Path | None = None
    verify_tls: bool = True
    connect_timeout: float = bounded(5.0, minimum=0.1, maximum=60)
    read_timeout: float | None = bounded(None, minimum=0.1, maximum=80)
    timeout_s: float | None = bounded(None, minimum=0.1, maximum=80)
    concurrency: int = bounded(8, minimum=1, maximum=256)
    page_size: int = bounded(10_000, minimum=1, maximum=10_000)
    version: str | None = None
    caching_policy_writes: bool = False

    def __post_init__(self) -> None:
        """Name what is wrong; never the value, which may be a secret in the wrong place."""
        if not _VSERVER.fullmatch(self.vserver):
            raise ValueError("option 'vserver' must be the name of an SVM")
        if not _is_address(self.address):
            raise ValueError("option 'hostname' must be host[:port]: no scheme, no user, no path")
        if self.version is not None and not _VERSION.fullmatch(self.version):
            raise ValueError("option 'version' must be a release such as 9.12.1")
        if self.read_timeout is not None and self.timeout_s is not None:
            raise ValueError("options 'read_timeout' and 'timeout_s' are the same: give one")
        self._check_account()
        check_ca_file(self.ca_file)

    @property
    def address(self) -> str:
        return self.hostname if self.hostname is not None else self.vserver

    @property
    def answer_timeout(self) -> float:
        """Seconds that one answer may take."""
        return self.read_timeout or self.timeout_s or _DEFAULT_READ_TIMEOUT

    @property
    def certificate(self) -> tuple[str, str] | None:
        """Certificate and key, in the form that requests takes."""
        if self.client_certificate is None or self.client_key is None:
            return None
        return str(self.client_certificate), str(self.client_key)

    def _check_account(self) -> None:
        """Of the two ways to sign on one, and that one whole."""
        certificate, key = self.client_certificate, self.client_key
        if certificate is None and key is None:
            for name in ("username", "password"):
                if getattr(self, name) is None:
                    raise ValueError(
                        f"missing option {name!r} (or 'client_certificate' and 'client_key')"
                    )
            if not (self.username and self.password) or ":" in self.username:
                raise ValueError(
                    "options 'username' and 'password' must not be empty, "
                    "nor 'username' hold a colon"
                )
        elif certificate is None or key is None or self.username or self.password:
            raise ValueError(
                "give either 'username' and 'password', or 'client_certificate' and 'client_key'"
            )
        else:
            _check_certificate(certificate, key)


def _check_certificate(certificate: Path, key: Path) -> None:
    """Without this every single call would fail, and blame the filer."""
    try:
        # An encrypted key must not ask for its password where nobody sits.
        ssl.create_default_context().load_cert_chain(certificate, key, password="")
    except (OSError, ValueError):
        raise ValueError(
            "options 'client_certificate' and 'client_key' must be readable files in PEM, "
            "fit each other, and the key must not be encrypted"
        ) from None


def _is_address(text: str) -> bool:
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?", text)
    if bracketed:
        host, port = bracketed.groups()
        return _is_ipv6(host) and _is_port(port)
    host, _, port = text.partition(":")
    return bool(_NAME.fullmatch(host)) and _is_port(port if ":" in text else None)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_port(text: str | None) -> bool:
    return text is None or (text.isascii() and text.isdigit() and 0 < int(text) < 65536)  # noqa: PLR2004  # ports
