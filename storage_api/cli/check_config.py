"""``storage-api check-config``: is the environment right, and is it wise?"""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from storage_api.backends.options import parse_options
from storage_api.backends.registry import load_backend_class
from storage_api.cli.service import silent
from storage_api.settings import BackendSettings, Settings, load_settings
from storage_api.settings_oauth import OAuthSettings

_FINE, _RISKY = 0, 1

#: Options that switch the verification of TLS off.
_VERIFY = ("verify_tls", "verify_ssl")


@click.command("check-config")
@click.option(
    "--replicas",
    type=click.IntRange(min=1),
    default=1,
    help="How many processes or pods of the service there will be on different hosts.",
)
def check_config(replicas: int) -> None:
    """Read the environment as the service does, and say what is wrong or risky in it.

    Connects to nothing and shows no value. Ends with 0 if all is well, with 1 if the service
    would start but something is risky, and with 2 if it would not start.
    """
    silent()
    settings = load_settings(os.environ)
    warnings = [*_of_service(settings, replicas), *_of_backends(settings)]
    for warning in warnings:
        click.echo(f"warning: {warning}")
    endpoints = ", ".join(entry.endpoint for entry in settings.backends)
    click.echo(f"The service would start, with the back-ends {endpoints}.")
    sys.exit(_RISKY if warnings else _FINE)


def _of_service(settings: Settings, replicas: int) -> Iterator[str]:
    if settings.debug:
        yield "FLASK_DEBUG is set: everybody who asks gets every role"
    if not settings.debug and not settings.roles.admin and not settings.basic:
        yield "SAPI_ROLE_ADMIN_GROUPS is empty: nobody can create or change anything"
    if settings.oauth and _is_without_tls(settings.oauth):
        yield "the identity provider is reached without TLS"
    if settings.redis_url is None and replicas > 1:
        yield (
            "SAPI_REDIS_URL is not set: replicas on several hosts have their own jobs, locks and "
            "limits each"
        )
    yield from _of_database(settings, replicas)


def _is_without_tls(oauth: OAuthSettings) -> bool:
    plain = (oauth.authorize_url, oauth.token_url, oauth.groups_url)
    used = plain if oauth.metadata_url is None else (oauth.metadata_url,)
    return any(_is_plain(url) for url in used)


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith("http:")


def _of_database(settings: Settings, replicas: int) -> Iterator[str]:
    kept = settings.database_url.reveal() if settings.database_url else ""
    if not kept.startswith("postgresql:") and (replicas > 1 or settings.redis_url):
        yield (
            "SAPI_DATABASE_URL is no PostgreSQL: samples of usage and allocations stay on one "
            "host, and other replicas do not see them"
        )
    if kept and settings.redis_url:
        return
    if settings.state_directory is None:
        yield (
            "SAPI_STATE_DIRECTORY is not set: jobs, or samples of usage and allocations, lie among "
            "the temporary files and may be lost"
        )
    elif not os.access(settings.state_directory, os.W_OK | os.X_OK):
        yield (
            "SAPI_STATE_DIRECTORY cannot be written to by this user: jobs, or samples of usage and "
            "allocations, will be refused"
        )


def _of_backends(settings: Settings) -> Iterator[str]:
    for entry in settings.backends:
        for warning in _of_backend(entry, settings):
            yield f"SAPI_BACKENDS, {entry.endpoint}: {warning}"


def _of_backend(entry: BackendSettings, settings: Settings) -> Iterator[str]:
    options = _options(entry)
    if any(options.get(name) is False for name in _VERIFY):
        yield "the storage system's certificate is not verified"
    for name, value in options.items():
        if _is_plain(value):
            yield f"option '{name}' is an address without TLS"
    if options.get("development_mode"):
        yield "option 'development_mode' is for development"
    if entry.class_name == "DummyStorage" and not settings.debug:
        where = "" if options.get("path") else ", and forgets everything when the service ends"
        yield f"DummyStorage stores nothing real{where}"


def _options(entry: BackendSettings) -> Mapping[str, Any]:
    """What the back-end makes of its options, defaults included."""
    backend = load_backend_class(entry.class_name)
    options: object = parse_options(backend.Options, entry.options)
    return vars(options)
