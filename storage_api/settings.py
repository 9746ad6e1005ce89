"""The environment, read once and typed.

Only ``app`` calls this; nothing else reads the environment. Values are secrets
until a back-end's options give them a type, and no message repeats one.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storage_api.domain import names
from storage_api.domain.errors import Invalid
from storage_api.domain.secrets import Secret
from storage_api.environment import (
    RESERVED_ENDPOINTS,
    SettingsError,
    is_url,
    list_of,
    secret_of,
)
from storage_api.settings_oauth import OAuthSettings, oauth_of

BACKEND_SEPARATOR = "🦄"
OPTION_SEPARATOR = "🌈"

_DATABASE_URL = re.compile(r"postgresql://[^\s]+|sqlite:///(?!:memory:)[^\s?]+")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class BackendSettings:
    """One entry of ``SAPI_BACKENDS``."""

    endpoint: str
    class_name: str
    options: Mapping[str, Secret]


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

    ``state_directory`` holds what must outlive the process: queued jobs and samples of usage,
    where no Redis and no database are given. ``None`` is a directory that lasts only as long
    as the host's temporary files.
    ``proxies`` is how many proxies stand in front, whose ``X-Forwarded-*`` are believed.
    """

    backends: tuple[BackendSettings, ...]
    debug: bool
    log_level: str
    secret_key: Secret | None
    secret_key_fallbacks: tuple[Secret, ...]
    redis_url: Secret | None
    database_url: Secret | None
    state_directory: Path | None
    billing_timezone: ZoneInfo
    proxies: int
    oauth: OAuthSettings | None
    basic: BasicSettings | None
    roles: RoleGroups = field(default_factory=RoleGroups)
    sentry_dsn: Secret | None = None
    sentry_environment: str | None = None
    #: Whether requests are traced; where to, OpenTelemetry reads from the environment itself.
    traces: bool = False


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: naming every mistake found, and no value.
    """
    mistakes: list[str] = []
    debug = environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}
    settings = Settings(
        backends=backends_of(environ.get("SAPI_BACKENDS", ""), mistakes),
        debug=debug,
        log_level=log_level_of(environ, mistakes),
        secret_key=secret_of(environ, "SAPI_SECRET_KEY"),
        secret_key_fallbacks=tuple(
            Secret(key) for key in list_of(environ, "SAPI_SECRET_KEY_FALLBACKS", mistakes)
        ),
        redis_url=redis_url_of(environ, mistakes),
        database_url=_database_url(environ, mistakes),
        state_directory=_state_directory(environ, mistakes),
        billing_timezone=_billing_timezone(environ, mistakes),
        proxies=_proxies(environ, mistakes),
        oauth=oauth_of(environ, mistakes, debug=debug),
        basic=_basic(environ, mistakes),
        roles=RoleGroups(
            user=list_of(environ, "SAPI_ROLE_USER_GROUPS", mistakes),
            admin=list_of(environ, "SAPI_ROLE_ADMIN_GROUPS", mistakes),
            uber_admin=list_of(environ, "SAPI_ROLE_UBER_ADMIN_GROUPS", mistakes),
        ),
        sentry_dsn=secret_of(environ, "SENTRY_DSN"),
        sentry_environment=environ.get("SENTRY_ENVIRONMENT") or None,
        traces=_traces(environ, mistakes),
    )
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def backends_of(text: str, mistakes: list[str]) -> tuple[BackendSettings, ...]:
    """The entries of ``SAPI_BACKENDS``."""
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


def log_level_of(environ: Mapping[str, str], mistakes: list[str]) -> str:
    level = environ.get("SAPI_LOG_LEVEL", "INFO").upper()
    if level not in _LOG_LEVELS:
        mistakes.append(f"SAPI_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}")
    return level


def redis_url_of(environ: Mapping[str, str], mistakes: list[str]) -> Secret | None:
    url = environ.get("SAPI_REDIS_URL", "")
    if url and not is_url(url, {"redis", "rediss"}):
        mistakes.append("SAPI_REDIS_URL must be a redis or rediss URL")
    elif url and not _is_redis_url(url):
        mistakes.append("SAPI_REDIS_URL has an option, or a database number, that is none")
    return Secret(url) if url else None


def _is_redis_url(url: str) -> bool:
    """Its client would take another database than was meant, or fail with the first question."""
    from redis import ConnectionPool  # noqa: PLC0415  # slow to import

    if not re.fullmatch(r"/?|/[0-9]+", urlsplit(url).path):
        return False
    try:
        ConnectionPool.from_url(url).make_connection()  # which does not connect yet
    except (TypeError, ValueError):
        return False
    return True


def _database_url(environ: Mapping[str, str], mistakes: list[str]) -> Secret | None:
    url = environ.get("SAPI_DATABASE_URL", "")
    if url and not _DATABASE_URL.fullmatch(url):
        mistakes.append("SAPI_DATABASE_URL must be a URL postgresql://… or sqlite:///path")
    return Secret(url) if url else None


def _state_directory(environ: Mapping[str, str], mistakes: list[str]) -> Path | None:
    text = environ.get("SAPI_STATE_DIRECTORY", "")
    if text and not Path(text).is_dir():
        mistakes.append("SAPI_STATE_DIRECTORY must be the path of a directory")
    return Path(text).absolute() if text else None


def _billing_timezone(environ: Mapping[str, str], mistakes: list[str]) -> ZoneInfo:
    try:
        return ZoneInfo(environ.get("SAPI_BILLING_TIMEZONE") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mistakes.append("SAPI_BILLING_TIMEZONE must be a name of the IANA time zones")
        return ZoneInfo("UTC")


def _basic(environ: Mapping[str, str], mistakes: list[str]) -> BasicSettings | None:
    username = secret_of(environ, "BASIC_AUTH_USERNAME")
    password = secret_of(environ, "BASIC_AUTH_PASSWORD")
    if username and password:
        return BasicSettings(username, password)
    if username or password:
        mistakes.append("BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD belong together")
    return None


def _traces(environ: Mapping[str, str], mistakes: list[str]) -> bool:
    collector = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if collector and not is_url(collector, {"http", "https"}):
        mistakes.append("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL")
    return bool(collector)


def _proxies(environ: Mapping[str, str], mistakes: list[str]) -> int:
    text = environ.get("SAPI_PROXIES", "0")
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        mistakes.append("SAPI_PROXIES must be how many proxies stand in front, 0 to 9")
        return 0
    return int(text)


def log_level_number(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level]
