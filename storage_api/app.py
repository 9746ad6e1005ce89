"""Puts the service together: the only place that knows every part."""

import os
from collections.abc import Iterable, Mapping
from functools import partial

import structlog
from flask import Flask
from structlog.typing import Processor
from werkzeug.middleware.proxy_fix import ProxyFix

from storage_api import __version__
from storage_api.allocations.service import Allocations
from storage_api.api.bodies import MAX_BODY_BYTES
from storage_api.api.conf import conf_namespace
from storage_api.api.health import JOBS, health
from storage_api.api.health import REPLICAS as REPLICAS_STATE
from storage_api.api.jobs import jobs_namespace
from storage_api.api.metrics import Figures, metrics
from storage_api.api.mount import mount_backends
from storage_api.api.overview_page import overview_page
from storage_api.api.page import page
from storage_api.api.problems import register_problems
from storage_api.api.requests import watch_requests
from storage_api.api.routing import name_known_backends, redirect_unversioned
from storage_api.api.service import ServiceApi
from storage_api.api.signon import callback, signon
from storage_api.api.usage_page import usage_page
from storage_api.backends.base import EXTENSION, REPLICAS, StorageBackend
from storage_api.backends.monitor import Monitor
from storage_api.backends.options import OptionError
from storage_api.backends.registry import UnknownBackendError, load_backend_class
from storage_api.database import Database
from storage_api.environment import SettingsError
from storage_api.jobs.engine import Jobs
from storage_api.logs import configure_logs
from storage_api.metering.meter import Meter
from storage_api.metrics.sharing import share
from storage_api.observability.sentry import report_errors
from storage_api.observability.tracing import tell_trace, trace_requests
from storage_api.security.basic import BasicAccount
from storage_api.security.keys import former_keys, session_key
from storage_api.security.limits import SignOnLimit
from storage_api.security.provider import IdentityProvider, ProviderSettings
from storage_api.security.roles import Role, RoleTable
from storage_api.security.tokens import TokenVerifier
from storage_api.settings import (
    BackendSettings,
    Settings,
    backends_of,
    load_settings,
    log_level_number,
)
from storage_api.settings_oauth import OAuthSettings
from storage_api.transport.replicas import Replicas
from storage_api.transport.shared_redis import SharedRedis
from storage_api.transport.state import state_directory

#: Tries to sign on, from one address.
SIGN_ONS_PER_MINUTE = 20

log = structlog.get_logger(__name__)


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Build the service from ``environ`` (the process's own, unless given).

    Connects to nothing: it starts while every storage system is down.

    Raises:
        SettingsError: naming every mistake in the configuration, and no value.
    """
    settings, backends = read_configuration(os.environ if environ is None else environ)
    configure_logs(log_level_number(settings), *_watchers(settings))
    _count_together(os.environ if environ is None else environ)
    app = Flask("storage_api", static_folder=None, template_folder=None)
    if settings.traces:
        trace_requests(app)
    redis = SharedRedis(settings.redis_url) if settings.redis_url else None
    _configure(app, settings, redis)
    replicas = app.extensions[REPLICAS] = Replicas(redis)
    for endpoint, backend in backends.items():
        backend.init_app(app, endpoint)
    mounted = app.extensions[EXTENSION]
    jobs = Jobs(mounted, directory=settings.state_directory, redis_url=settings.redis_url)
    app.extensions["storage_api_jobs"] = jobs
    database = Database(settings.database_url, partial(state_directory, settings.state_directory))
    app.extensions["storage_api_allocations"] = Allocations(database)
    meter = app.extensions["storage_api_meter"] = Meter(database, settings.billing_timezone)
    app.extensions["storage_api_figures"] = Figures(jobs, meter, mounted)
    app.extensions["storage_api_monitor"] = Monitor(
        {**mounted, JOBS: jobs, REPLICAS_STATE: replicas}
    )
    watch_requests(app)
    app.before_request(jobs.work_beside)
    register_problems(app)
    for blueprint in (page, usage_page, overview_page, health, metrics, signon):
        app.register_blueprint(blueprint)
    api = ServiceApi()
    app.extensions["storage_api_doors"] = mount_backends(api, backends)
    api.add_namespace(conf_namespace())
    api.add_namespace(jobs_namespace())
    api.init_app(app)
    redirect_unversioned(app, backends)
    name_known_backends(app, backends)
    log.info(
        "configured",
        version=__version__,
        debug=app.debug,
        backends={entry.endpoint: entry.class_name for entry in settings.backends},
    )
    if settings.state_directory is None and not app.debug:
        log.warning("state-directory-is-temporary", setting="SAPI_STATE_DIRECTORY")
    return app


def _watchers(settings: Settings) -> list[Processor]:
    """What else sees each line of the log."""
    watchers: list[Processor] = []
    if settings.traces:
        watchers.append(tell_trace)
    if settings.sentry_dsn:
        watchers.append(report_errors(settings.sentry_dsn, settings.sentry_environment))
    return watchers


def _count_together(environ: Mapping[str, str]) -> None:
    """Before anything is counted, and before workers are forked."""
    try:
        share(environ.get("PROMETHEUS_MULTIPROC_DIR"))
    except OSError as error:
        raise SettingsError(
            [f"PROMETHEUS_MULTIPROC_DIR cannot be used: {error.strerror}"]
        ) from None


def read_configuration(environ: Mapping[str, str]) -> tuple[Settings, dict[str, StorageBackend]]:
    """The settings, and the back-ends built of theirs; neither has an effect yet.

    Raises:
        SettingsError: naming every mistake, also in back-ends' options, and no value.
    """
    try:
        settings = load_settings(environ)
    except SettingsError as error:
        entries = backends_of(environ.get("SAPI_BACKENDS", ""), [])
        raise SettingsError([*error.mistakes, *_build_backends(entries)[1]]) from None
    backends, mistakes = _build_backends(settings.backends)
    if mistakes:
        raise SettingsError(mistakes)
    return settings, backends


def _build_backends(
    entries: Iterable[BackendSettings],
) -> tuple[dict[str, StorageBackend], list[str]]:
    """Those that can be built, and what is wrong with the others."""
    backends: dict[str, StorageBackend] = {}
    mistakes = []
    for entry in entries:
        try:
            loaded = load_backend_class(entry.class_name)
            backends[entry.endpoint] = loaded.from_options(entry.options)
        except (UnknownBackendError, OptionError) as error:
            mistakes.append(f"SAPI_BACKENDS, {entry.endpoint}: {error}")
    return backends, mistakes


def _configure(app: Flask, settings: Settings, redis: SharedRedis | None) -> None:
    app.debug = settings.debug
    oauth_secret = settings.oauth.secret_key if settings.oauth else None
    app.config.update(
        SECRET_KEY=session_key(settings.secret_key, oauth_secret),
        SECRET_KEY_FALLBACKS=former_keys(settings.secret_key_fallbacks),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        # Browsers give __Host- cookies to this very host over https only.
        SESSION_COOKIE_NAME="sapi_session" if settings.debug else "__Host-sapi_session",
        SESSION_COOKIE_SECURE=not settings.debug,
        SESSION_COOKIE_SAMESITE="Lax",
        RESTX_MASK_SWAGGER=False,
    )
    groups = settings.roles
    app.extensions["storage_api_roles"] = RoleTable(
        {Role.USER: groups.user, Role.ADMIN: groups.admin, Role.UBER_ADMIN: groups.uber_admin}
    )
    basic = settings.basic
    app.extensions["storage_api_basic"] = (
        BasicAccount(basic.username, basic.password) if basic else None
    )
    app.extensions["storage_api_limit"] = SignOnLimit(redis, per_minute=SIGN_ONS_PER_MINUTE)
    _configure_provider(app, settings.oauth)
    if settings.proxies:
        number = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # how Flask documents it
            app.wsgi_app, x_for=number, x_proto=number, x_host=number
        )


def _configure_provider(app: Flask, oauth: OAuthSettings | None) -> None:
    provider = verifier = None
    if oauth is not None:
        provider = IdentityProvider(
            ProviderSettings(
                client_id=oauth.client_id,
                secret_key=oauth.secret_key,
                token_url=oauth.token_url,
                authorize_url=oauth.authorize_url,
                groups_url=oauth.groups_url,
                metadata_url=oauth.metadata_url,
                groups_claim=oauth.groups_claim,
                ca_file=oauth.ca_file,
            )
        )
        provider.init_app(app)
        app.add_url_rule(oauth.callback_path, "signon.callback", callback)
        if provider.is_openid and oauth.audience:
            verifier = TokenVerifier(provider, oauth.audience, oauth.groups_claim)
    app.extensions["storage_api_provider"] = provider
    app.extensions["storage_api_tokens"] = verifier
