"""The environment, read once and typed.

Only ``app`` calls this; nothing else reads the environment. Values are secrets
until a back-end's options give them a type, and no message repeats one.
"""

import csv
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from storage_api.domain import names
from storage_api.domain.errors import Invalid
from storage_api.domain.secrets import Secret

BACKEND_SEPARATOR = "🦄"
OPTION_SEPARATOR = "🌈"

#: First path segments that belong to the service itself.
RESERVED_ENDPOINTS = frozenset(
    {
        *("api", "conf", "health", "login", "login_basic", "logout", "metrics", "overview"),
        *("static", "swaggerui", "v3"),
    }
)
_CALLBACK = re.compile(r"/[A-Za-z0-9_~.-]+(/[A-Za-z0-9_~.-]+)*")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(ValueError):
    """Everything that is wrong with the environment, one mistake a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class BackendSettings:
    """One entry of ``SAPI_BACKENDS``."""

    endpoint: str
    class_name: str
    options: Mapping[str, Secret]


@dataclass(frozen=True)
class OAuthSettings:
    """The site's identity provider."""

    client_id: str
    secret_key: Secret
    token_url: str
    authorize_url: str
    groups_url: str
    callback_path: str
    metadata_url: str | None
    groups_claim: str
    ca_file: str | None
    audience: str | None


@dataclass(frozen=True)
class BasicSettings:
    """The one account of ``/login_basic``."""

    username: Secret
    password: Secret


@dataclass(frozen=True)
class RoleGroups:
    """Groups whose members have a role."""

    user: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    uber_admin: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The whole configuration. ``oauth`` is ``None`` only in debug mode.

    ``proxies`` is how many proxies stand in front, whose ``X-Forwarded-*`` are believed.
    """

    backends: tuple[BackendSettings, ...]
    debug: bool
    log_level: str
    secret_key: Secret | None
    secret_key_fallbacks: tuple[Secret, ...]
    redis_url: Secret | None
    proxies: int
    oauth: OAuthSettings | None
    basic: BasicSettings | None
    roles: RoleGroups = field(default_factory=RoleGroups)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: naming every mistake found, and no value.
    """
    mistakes: list[str] = []
    debug = environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}
    settings = Settings(
        backends=_backends(environ.get("SAPI_BACKENDS", ""), mistakes),
        debug=debug,
        log_level=_log_level(environ, mistakes),
        secret_key=_secret(environ, "SAPI_SECRET_KEY"),
        secret_key_fallbacks=tuple(
            Secret(key) for key in _list(environ, "SAPI_SECRET_KEY_FALLBACKS", mistakes)
        ),
        redis_url=_redis_url(environ, mistakes),
        proxies=_proxies(environ, mistakes),
        oauth=_oauth(environ, mistakes, debug=debug),
        basic=_basic(environ, mistakes),
        roles=RoleGroups(
            user=_list(environ, "SAPI_ROLE_USER_GROUPS", mistakes),
            admin=_list(environ, "SAPI_ROLE_ADMIN_GROUPS", mistakes),
            uber_admin=_list(environ, "SAPI_ROLE_UBER_ADMIN_GROUPS", mistakes),
        ),
    )
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _backends(text: str, mistakes: list[str]) -> tuple[BackendSettings, ...]:
    if not text:
        mistakes.append(
            "SAPI_BACKENDS is not set: at least one back-end is needed, "
            f"for instance dummy{OPTION_SEPARATOR}DummyStorage"
        )
        return ()
    backends: list[BackendSettings] = []
    for number, entry in enumerate(text.split(BACKEND_SEPARATOR), 1):
        backend = _backend(number, entry, mistakes)
        if backend is None:
            continue
        if any(other.endpoint == backend.endpoint for other in backends):
            mistakes.append(f"SAPI_BACKENDS: endpoint {backend.endpoint!r} is used twice")
        backends.append(backend)
    return tuple(backends)


def _backend(number: int, entry: str, mistakes: list[str]) -> BackendSettings | None:
    endpoint, *rest = entry.split(OPTION_SEPARATOR)
    where = f"SAPI_BACKENDS, back-end {number}"
    try:
        names.ENDPOINT.check(endpoint)
    except Invalid:
        # The text may be a password with a separator in it, so it is not repeated.
        mistakes.append(f"{where}: ill-formed endpoint name ({names.ENDPOINT.words})")
        return None
    where = f"SAPI_BACKENDS, {endpoint}"
    if endpoint in RESERVED_ENDPOINTS:
        mistakes.append(f"{where}: this endpoint name belongs to the service itself")
    if not rest or not rest[0]:
        mistakes.append(f"{where}: the class name is missing")
        return None
    class_name, *parts = rest
    if len(parts) % 2:
        mistakes.append(f"{where}: an option has no value (options come as name, value)")
        return None
    options = _options(where, parts, mistakes)
    return BackendSettings(endpoint, class_name, options)


def _options(where: str, parts: list[str], mistakes: list[str]) -> dict[str, Secret]:
    options: dict[str, Secret] = {}
    for name, value in zip(parts[::2], parts[1::2], strict=True):
        if not name.isidentifier():
            mistakes.append(f"{where}: ill-formed option name")
        elif name in options:
            mistakes.append(f"{where}: option {name!r} is given twice")
        else:
            options[name] = Secret(value)
    return options


def _secret(environ: Mapping[str, str], name: str) -> Secret | None:
    value = environ.get(name)
    return Secret(value) if value else None


def _log_level(environ: Mapping[str, str], mistakes: list[str]) -> str:
    level = environ.get("SAPI_LOG_LEVEL", "INFO").upper()
    if level not in _LOG_LEVELS:
        mistakes.append(f"SAPI_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}")
    return level


def _oauth(environ: Mapping[str, str], mistakes: list[str], *, debug: bool) -> OAuthSettings | None:
    client_id = environ.get("SAPI_OAUTH_CLIENT_ID", "")
    secret_key = _secret(environ, "SAPI_OAUTH_SECRET_KEY")
    if debug and (client_id or secret_key) and environ.get("SAPI_ALLOW_DEBUG_LOGIN") != "1":
        mistakes.append(
            "FLASK_DEBUG is set and so is an OAuth client: everybody could make themselves an "
            "uber-admin. If that is meant, set SAPI_ALLOW_DEBUG_LOGIN=1"
        )
    if not client_id or not secret_key:
        if not debug:
            mistakes.extend(
                f"{name} is not set (needed unless FLASK_DEBUG=1)"
                for name, value in (
                    ("SAPI_OAUTH_CLIENT_ID", client_id),
                    ("SAPI_OAUTH_SECRET_KEY", secret_key),
                )
                if not value
            )
        return None
    return OAuthSettings(
        client_id=client_id,
        secret_key=secret_key,
        token_url=_url(
            environ, "SAPI_OAUTH_TOKEN_URL", "https://oauth.web.cern.ch/OAuth/Token", mistakes
        ),
        authorize_url=_url(
            environ,
            "SAPI_OAUTH_AUTHORIZE_URL",
            "https://oauth.web.cern.ch/OAuth/Authorize",
            mistakes,
        ),
        groups_url=_url(
            environ,
            "SAPI_OAUTH_GROUPS_URL",
            "https://oauthresource.web.cern.ch/api/Groups",
            mistakes,
        ),
        callback_path=_callback_path(environ, mistakes),
        metadata_url=(
            _url(environ, "SAPI_OAUTH_METADATA_URL", "", mistakes)
            if environ.get("SAPI_OAUTH_METADATA_URL")
            else None
        ),
        groups_claim=environ.get("SAPI_OAUTH_GROUPS_CLAIM") or "groups",
        ca_file=_file(environ, "SAPI_OAUTH_CA_FILE", mistakes),
        audience=environ.get("SAPI_OAUTH_AUDIENCE") or None,
    )


def _callback_path(environ: Mapping[str, str], mistakes: list[str]) -> str:
    path = environ.get("SAPI_OAUTH_CALLBACK_URL_RELATIVE") or "/oauth-done"
    if not _CALLBACK.fullmatch(path) or path.split("/")[1] in RESERVED_ENDPOINTS:
        mistakes.append("SAPI_OAUTH_CALLBACK_URL_RELATIVE must be a free path such as /oauth-done")
    return path


def _file(environ: Mapping[str, str], name: str, mistakes: list[str]) -> str | None:
    path = environ.get(name) or None
    if path and not Path(path).is_file():
        mistakes.append(f"{name} must be the path of a file")
    return path


def _url(environ: Mapping[str, str], name: str, default: str, mistakes: list[str]) -> str:
    url = environ.get(name) or default
    if not _is_url(url, {"http", "https"}):
        mistakes.append(f"{name} must be an http or https URL")
    return url


def _is_url(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def _redis_url(environ: Mapping[str, str], mistakes: list[str]) -> Secret | None:
    url = environ.get("SAPI_REDIS_URL", "")
    if url and not _is_url(url, {"redis", "rediss"}):
        mistakes.append("SAPI_REDIS_URL must be a redis or rediss URL")
    return Secret(url) if url else None


def _basic(environ: Mapping[str, str], mistakes: list[str]) -> BasicSettings | None:
    username = _secret(environ, "BASIC_AUTH_USERNAME")
    password = _secret(environ, "BASIC_AUTH_PASSWORD")
    if username and password:
        return BasicSettings(username, password)
    if username or password:
        mistakes.append("BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD belong together")
    return None


def _proxies(environ: Mapping[str, str], mistakes: list[str]) -> int:
    text = environ.get("SAPI_PROXIES", "0")
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        mistakes.append("SAPI_PROXIES must be how many proxies stand in front, 0 to 9")
        return 0
    return int(text)


def _list(environ: Mapping[str, str], name: str, mistakes: list[str]) -> tuple[str, ...]:
    """Comma-separated, with CSV quoting for names that contain a comma."""
    try:
        rows = list(csv.reader([environ.get(name, "")], skipinitialspace=True, strict=True))
    except csv.Error:
        mistakes.append(f"{name} is no comma-separated list")
        return ()
    return tuple(dict.fromkeys(cell.strip() for row in rows for cell in row if cell.strip()))


def log_level_number(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level]
