"""What an operator sets for a CSCS back-end."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from storage_api.backends.options import bounded
from storage_api.domain.secrets import Secret

_PROXY_SCHEMES = frozenset({"socks5", "socks5h"})
#: What Waldur lets a slug be made of.
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SYSTEM = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


@dataclass(frozen=True)
class CscsOptions:
    """``storage_systems`` names each storage system and the slug of its offering in Waldur.

    It is a JSON object, or ``name=slug,name=slug``. The GID service (``hpc_user_*``) may be
    left out in ``development_mode`` only, where projects that it does not know get made-up GIDs.
    """

    waldur_api_url: str
    waldur_api_token: Secret
    storage_systems: str
    storage_file_system: str = "lustre"
    inode_soft_coefficient: float = bounded(1.33, minimum=0.001, maximum=1000)
    inode_hard_coefficient: float = bounded(2.0, minimum=0.001, maximum=1000)
    inode_base_multiplier: float = bounded(1_000_000.0, minimum=1, maximum=1_000_000_000)
    tb_bytes: int = bounded(10**12, minimum=10**9, maximum=2**50)
    use_mock_target_items: bool = False
    development_mode: bool = False
    hpc_user_api_url: str | None = None
    hpc_user_client_id: str | None = None
    hpc_user_client_secret: Secret | None = None
    hpc_user_oidc_token_url: str | None = None
    hpc_user_oidc_scope: str = "openid"
    socks_proxy: Secret | None = None
    hpc_user_socks_proxy: Secret | None = None
    ca_file: Path | None = None
    verify_tls: bool = True
    connect_timeout: float = bounded(5.0, minimum=0.1, maximum=60)
    read_timeout: float = bounded(30.0, minimum=0.1, maximum=80)
    concurrency: int = bounded(8, minimum=2, maximum=64)
    cache_ttl: float = bounded(15.0, minimum=0, maximum=3600)

    def __post_init__(self) -> None:
        """Name everything that is wrong; never the value, which may be a secret."""
        mistakes = [*self._wrong_addresses(), *self._wrong_secrets(), *self._wrong_quotas()]
        try:
            _ = self.systems
        except ValueError as error:
            mistakes.append(str(error))
        if not self.storage_file_system.strip():
            mistakes.append("option 'storage_file_system' must not be blank")
        if not _is_ca_file(self.ca_file):
            mistakes.append("option 'ca_file' must be a readable file of PEM certificates")
        if mistakes:
            raise ValueError("; ".join(mistakes))

    @cached_property
    def systems(self) -> Mapping[str, str]:
        """The offering's slug of each storage system, in the order of the option."""
        return MappingProxyType(_read_systems(self.storage_systems))

    @property
    def waldur_root(self) -> str:
        """Waldur's address without ``/api``, which operators may or may not have given."""
        return self.waldur_api_url.rstrip("/").removesuffix("/api").rstrip("/")

    @property
    def gid_service(self) -> bool:
        return bool(self.hpc_user_api_url)

    def _wrong_addresses(self) -> list[str]:
        wrong = []
        if not _is_address(self.waldur_api_url):
            wrong.append("option 'waldur_api_url' must be http(s)://host[:port][/path]")
        for name in ("hpc_user_api_url", "hpc_user_oidc_token_url"):
            value = getattr(self, name)
            if value is not None and not _is_address(value):
                wrong.append(f"option {name!r} must be http(s)://host[:port][/path]")
        for name in ("socks_proxy", "hpc_user_socks_proxy"):
            proxy: Secret | None = getattr(self, name)
            if proxy is not None and not _is_proxy(proxy.reveal()):
                wrong.append(f"option {name!r} must be socks5://host:port or socks5h://host:port")
        return wrong

    def _wrong_secrets(self) -> list[str]:
        wrong = []
        token = self.waldur_api_token.reveal()
        if not re.fullmatch(r"[\x21-\x7e]{1,512}", token):
            wrong.append("option 'waldur_api_token' must be a token: printable, without blanks")
        needed = (
            "hpc_user_api_url",
            "hpc_user_client_id",
            "hpc_user_client_secret",
            "hpc_user_oidc_token_url",
        )
        missing = [name for name in needed if not getattr(self, name)]
        if missing and (len(missing) < len(needed) or not self.development_mode):
            wrong.append(
                f"missing option {', '.join(map(repr, missing))} of the GID service, "
                "which may be left out as a whole in 'development_mode' only"
            )
        return wrong

    def _wrong_quotas(self) -> list[str]:
        if self.inode_hard_coefficient < self.inode_soft_coefficient:
            return [
                "option 'inode_hard_coefficient' must not be less than 'inode_soft_coefficient'"
            ]
        return []


def _read_systems(text: str) -> dict[str, str]:
    pairs: list[tuple[object, object]]
    if text.lstrip().startswith("{"):
        try:
            pairs = json.loads(text, object_pairs_hook=list)
        except (ValueError, RecursionError):
            raise ValueError("option 'storage_systems' is no valid JSON") from None
    else:
        parts = [part.partition("=") for part in text.split(",") if part.strip()]
        pairs = [(name.strip(), slug.strip()) for name, _, slug in parts]
    systems: dict[str, str] = {}
    for name, slug in pairs:
        if not (isinstance(name, str) and name.strip() and _SYSTEM.fullmatch(name)):
            raise ValueError("option 'storage_systems' has a name that is blank or too long")
        if not (isinstance(slug, str) and _SLUG.fullmatch(slug)):
            raise ValueError(
                "option 'storage_systems' needs, for each name, an offering's slug: "
                "A-Z a-z 0-9 _ - (a JSON object, or name=slug,name=slug)"
            )
        if name in systems:
            raise ValueError("option 'storage_systems' names a system twice")
        systems[name] = slug
    if not systems:
        raise ValueError("option 'storage_systems' must name at least one system")
    return systems


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        rest = (parts.query, parts.fragment, parts.username, parts.password)
    except ValueError:
        return False
    return known and not any(rest) and not re.search(r"[^\x21-\x7e]|[?#\\]|/\.\.?(/|$)", text)


def _is_proxy(text: str) -> bool:
    """``socks4`` and ``http`` proxies are refused: the first resolves names here."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    rest = parts.query or parts.fragment or parts.path.strip("/")
    return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and bool(port) and not rest


def _is_ca_file(path: Path | None) -> bool:
    """Without this every single call would fail, and blame the vendor."""
    try:
        if path is not None:
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        return False
    return True
