"""What an operator sets for a croit back-end."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storage_api.backends.accounts import AccountOptions
from storage_api.backends.options import bounded, check_ca_file
from storage_api.backends.rgw_names import TENANT
from storage_api.backends.s3_endpoint import ENDPOINT_WORDS, is_endpoint
from storage_api.domain.secrets import Secret

_PATTERNS = {
    "user_prefix": r"[A-Za-z0-9_.@-]{0,64}",
    "s3_region": r"[A-Za-z0-9_-]{1,64}",
    "default_tenant": TENANT.pattern,
    "default_placement": r"[A-Za-z0-9_.-]{1,128}",
    "default_storage_class": r"[A-Za-z0-9_-]{1,64}",
}


@dataclass(frozen=True)
class CroitOptions(AccountOptions):
    """``api_url`` is croit's address, with or without ``/api``; ``s3_endpoint`` the gateway's.

    croit is signed on to with ``token``, or with ``username`` and ``password``.
    """

    api_url: str
    s3_endpoint: str
    token: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    s3_region: str = "default"
    verify_ssl: bool = True
    ca_file: Path | None = None
    timeout: float = bounded(30.0, minimum=0.1, maximum=80)
    connect_timeout: float = bounded(5.0, minimum=0.1, maximum=60)
    concurrency: int = bounded(8, minimum=1, maximum=256)
    user_prefix: str = "waldur_"
    default_tenant: str | None = None
    default_placement: str | None = None
    default_storage_class: str | None = None

    def __post_init__(self) -> None:
        """Name everything that is wrong; never the value, which may be a secret."""
        object.__setattr__(self, "s3_endpoint", self.s3_endpoint.removesuffix("/"))
        mistakes = [*self._wrong_addresses(), *self._wrong_credentials(), *self._wrong_texts()]
        for check in (lambda: check_ca_file(self.ca_file), lambda: self.naming(self.user_prefix)):
            try:
                check()
            except ValueError as error:
                mistakes.append(str(error))
        if mistakes:
            raise ValueError("; ".join(mistakes))

    @property
    def root(self) -> str:
        """Where croit's API begins, ``/api`` included."""
        return f"{self.api_url.rstrip('/').removesuffix('/api').rstrip('/')}/api"

    def _wrong_addresses(self) -> list[str]:
        wrong = []
        if not _is_address(self.api_url):
            wrong.append("option 'api_url' must be http(s)://host[:port][/path]: no user, no query")
        if not is_endpoint(self.s3_endpoint):
            wrong.append(f"option 's3_endpoint' {ENDPOINT_WORDS}")
        return wrong

    def _wrong_credentials(self) -> list[str]:
        by_name = [name for name in ("username", "password") if getattr(self, name) is not None]
        if self.token is not None:
            if by_name:
                given = " and ".join(f"'{name}'" for name in by_name)
                return [f"option 'token' excludes {given}: give exactly one way to sign on"]
            if not re.fullmatch(r"[\x21-\x7e]{1,4096}", self.token.reveal()):
                return ["option 'token' must be a token: printable ASCII without blanks"]
            return []
        if not (self.username and self.password):
            return ["give the option 'token', or the options 'username' and 'password'"]
        if ":" in self.username or re.search(r"[\x00-\x1f\x7f]", self.username):
            return ["option 'username' must hold neither a colon nor control characters"]
        return []

    def _wrong_texts(self) -> list[str]:
        return [
            f"option {name!r} must match {pattern}"
            for name, pattern in _PATTERNS.items()
            if (value := getattr(self, name)) is not None and not re.fullmatch(pattern, value)
        ]


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        rest = (parts.query, parts.fragment, parts.username, parts.password)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    path = re.fullmatch(r"(/[A-Za-z0-9_.~-]+)*/?", parts.path) and "/." not in parts.path
    return bool(known and path and not any(rest) and not re.search(r"[\s?#@\x00-\x1f]", text))
