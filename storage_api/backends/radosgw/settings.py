"""What an operator sets for a RadosGW back-end."""

import re
from dataclasses import dataclass
from pathlib import Path

from storage_api.backends.accounts import AccountOptions
from storage_api.backends.options import bounded, check_ca_file
from storage_api.backends.rgw_names import TENANT
from storage_api.backends.s3_endpoint import ENDPOINT_WORDS, is_endpoint
from storage_api.domain.secrets import Secret


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
            if getattr(self, name) is not None and not is_endpoint(getattr(self, name)):
                raise ValueError(f"option {name!r} {ENDPOINT_WORDS}")
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
