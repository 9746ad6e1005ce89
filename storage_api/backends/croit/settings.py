"""What an operator sets for a croit back-end."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from storage_api.backends.options import bounded, check_ca_file
from storage_api.domain.secrets import Secret
from storage_api.domain.units import MAX_BYTES

#: RGW, below croit, accepts nothing else as a tenant.
TENANT = re.compile(r"[A-Za-z0-9_]{1,64}")
_MISTAKES_OF_TEXT = {
    "user_prefix": r"[A-Za-z0-9_.@-]{0,64}",
    "slug_separator": r"[A-Za-z0-9_.@-]{1,8}",
    "s3_region": r"[A-Za-z0-9_-]{1,64}",
    "default_tenant": TENANT.pattern,
    "default_placement": r"[A-Za-z0-9_.-]{1,128}",
    "default_storage_class": r"[A-Za-z0-9_-]{1,64}",
}


@dataclass(frozen=True)
class CroitOptions:
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
    slug_separator: str = "_"
    max_username_length: int = bounded(64, minimum=16, maximum=128)
    default_tenant: str | None = None
    default_placement: str | None = None
    default_storage_class: str | None = None
    default_storage_limit: int | None = bounded(None, minimum=1, maximum=MAX_BYTES)
    default_object_limit: int | None = bounded(None, minimum=1, maximum=MAX_BYTES)
    allow_purge: bool = False
    expose_credentials: bool = False

    def __post_init__(self) -> None:
        """Name everything that is wrong; never the value, which may be a secret."""
        object.__setattr__(self, "s3_endpoint", self.s3_endpoint.removesuffix("/"))
        mistakes = [*self._wrong_addresses(), *self._wrong_credentials(), *self._wrong_texts()]
        try:
            check_ca_file(self.ca_file)
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
        if not (_is_address(self.s3_endpoint) and _is_origin(self.s3_endpoint)):
            wrong.append(
                "option 's3_endpoint' must be the gateway's http(s)://host[:port] and nothing "
                "more: no path, no user, no query, and a host name as DNS has them"
            )
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
            for name, pattern in _MISTAKES_OF_TEXT.items()
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


def _is_origin(text: str) -> bool:
    """What boto3 would refuse, it would refuse only in the middle of a request."""
    valid = is_valid_endpoint_url(text) or is_valid_ipv6_endpoint_url(text)
    return bool(valid) and not urlsplit(text).path
