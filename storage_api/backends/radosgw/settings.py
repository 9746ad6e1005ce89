"""What an operator sets for a RadosGW back-end."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from storage_api.backends.accounts import AccountOptions
from storage_api.backends.options import bounded, check_ca_file
from storage_api.domain.secrets import Secret

#: RGW accepts nothing else as a tenant.
TENANT = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(frozen=True)
class RadosgwOptions(AccountOptions):
    """``endpoint`` is the gateway's own address, ``http(s)://host[:port]``.

    ``s3_endpoint`` is what clients are told instead, where they come another way.
    """

    endpoint: str
    admin_access_key: str
    admin_secret_key: Secret
    admin_path: str = "admin"
    region: str = "default"
    default_namespace: str | None = None
    ca_file: Path | None = None
    verify_tls: bool = True
    connect_timeout: float = bounded(5.0, minimum=0.1, maximum=60)
    read_timeout: float = bounded(30.0, minimum=0.1, maximum=80)
    concurrency: int = bounded(8, minimum=1, maximum=256)
    uid_prefix: str = ""
    s3_endpoint: str | None = None

    def __post_init__(self) -> None:
        """Name what is wrong; never the value, which may be a secret in the wrong place."""
        for name in ("endpoint", "s3_endpoint"):
            if getattr(self, name) is not None and not _is_origin(getattr(self, name)):
                raise ValueError(
                    f"option {name!r} must be http(s)://host[:port] and nothing more: "
                    "no path, no user, no query, and a host name as DNS has them"
                )
        check_ca_file(self.ca_file)
        if not (self.admin_access_key and self.admin_secret_key):
            raise ValueError("options 'admin_access_key' and 'admin_secret_key' must not be empty")
        for name, pattern in _PATTERNS.items():
            value = getattr(self, name)
            if value is not None and not re.fullmatch(pattern, value):
                raise ValueError(f"option {name!r} must match {pattern}")
        self.naming(self.uid_prefix)

    @property
    def client_endpoint(self) -> str:
        return self.s3_endpoint or self.endpoint


_PATTERNS = {
    "admin_path": r"[A-Za-z0-9_-]{1,64}",
    "region": r"[A-Za-z0-9_-]{1,64}",
    "default_namespace": TENANT.pattern,
    "uid_prefix": r"[A-Za-z0-9_.@-]{0,64}",
}


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        rest = (parts.path, parts.query, parts.fragment, parts.username, parts.password)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        # What boto3 would refuse, it would refuse only in the middle of a request.
        known = known and bool(is_valid_endpoint_url(text) or is_valid_ipv6_endpoint_url(text))
    except ValueError:
        return False
    return known and not any(rest) and not re.search(r"[\s?#@\x00-\x1f]", text)
