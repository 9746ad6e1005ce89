"""What an operator sets for a Dell ECS cluster."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from storage_api.backends.accounts import AccountOptions
from storage_api.backends.options import bounded, check_ca_file
from storage_api.domain.names import NAMESPACE
from storage_api.domain.secrets import Secret

_PORT = 4443
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True)
class EcsOptions(AccountOptions):
    """``url`` is the management API, ``https://host[:port]`` with port 4443 unless given.

    ``username`` is a management user with the role SYSTEM_ADMIN. With ``monitor_username``
    (SYSTEM_MONITOR) everything that only reads is asked with that account. ``s3_endpoint`` is
    the data side, ``http(s)://host[:port]``.
    """

    url: str
    username: str
    password: Secret
    monitor_username: str | None = None
    monitor_password: Secret | None = None
    replication_group: str | None = None
    ldap_domain: str | None = None
    default_namespace: str | None = None
    s3_endpoint: str | None = None
    ca_file: Path | None = None
    verify_tls: bool = True
    connect_timeout: float = bounded(5.0, minimum=0.1, maximum=60)
    read_timeout: float = bounded(30.0, minimum=0.1, maximum=80)
    # More than four calls at once slow the management API of a whole cluster down.
    concurrency: int = bounded(4, minimum=1, maximum=4)

    def __post_init__(self) -> None:
        """Name what is wrong; never the value, which may be a secret in the wrong place."""
        if not _is_origin(self.url, {"https"}):
            raise ValueError(
                "option 'url' must be https://host[:port] and nothing more: "
                "no path, no user, no query, and a host name as DNS has them"
            )
        if self.s3_endpoint is not None and not _is_origin(self.s3_endpoint, {"http", "https"}):
            raise ValueError("option 's3_endpoint' must be http(s)://host[:port] and nothing more")
        self._check_accounts()
        self._check_names()
        if self.default_storage_limit is not None or self.default_object_limit is not None:
            raise ValueError(
                "options 'default_storage_limit' and 'default_object_limit' cannot be honoured: "
                "ECS limits namespaces and buckets, not users"
            )
        self.naming("")
        check_ca_file(self.ca_file)

    @property
    def origin(self) -> str:
        """``url`` with its port."""
        return self.url if urlsplit(self.url).port else f"{self.url.removesuffix(':')}:{_PORT}"

    def _check_accounts(self) -> None:
        _check_account("username", self.username, "password", self.password)
        if (self.monitor_username is None) != (self.monitor_password is None):
            raise ValueError("options 'monitor_username' and 'monitor_password' belong together")
        if self.monitor_username is not None and self.monitor_password is not None:
            _check_account(
                "monitor_username",
                self.monitor_username,
                "monitor_password",
                self.monitor_password,
            )

    def _check_names(self) -> None:
        if self.default_namespace is not None and not NAMESPACE.allows(self.default_namespace):
            raise ValueError(f"option 'default_namespace' must be {NAMESPACE.words}")
        if self.ldap_domain is not None and not _DOMAIN.fullmatch(self.ldap_domain):
            raise ValueError("option 'ldap_domain' must be a domain such as example.org")
        if self.replication_group is not None and not _TEXT.fullmatch(self.replication_group):
            raise ValueError("option 'replication_group' must be a name of 1 to 255 characters")


def _check_account(name: str, username: str, secret_name: str, password: Secret) -> None:
    if not username or not password or ":" in username or not _TEXT.fullmatch(username):
        raise ValueError(
            f"options {name!r} and {secret_name!r} must not be empty, nor {name!r} hold a colon"
        )


def _is_origin(text: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(text)
        rest = (parts.path, parts.query, parts.fragment, parts.username, parts.password)
        known = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        known = known and bool(is_valid_endpoint_url(text) or is_valid_ipv6_endpoint_url(text))
    except ValueError:
        return False
    return known and not any(rest) and not re.search(r"[\s?#@\x00-\x1f]", text)
