"""Puts the reconciler together from what an operator configured."""

import argparse
import json
import ssl
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from storage_api.backends.cscs.base import CscsBase
from storage_api.backends.cscs.drivers.base import DeletePolicy, Driver
from storage_api.backends.cscs.drivers.commands import ABOUT, LIMITS, QuotaCommands, Template
from storage_api.backends.cscs.drivers.directory import DirectoryDriver
from storage_api.backends.cscs.drivers.vast import VastDriver
from storage_api.backends.cscs.drivers.vms import VmsClient, VmsCredential
from storage_api.backends.cscs.reconcile.journal import Journal
from storage_api.backends.cscs.reconcile.orders import Orders
from storage_api.backends.cscs.settings import CscsOptions
from storage_api.backends.options import parse_options
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.replicas import Replicas

_VAST = "VAST"
_CONCURRENCY = 2
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 60.0


class Provisioner(CscsBase):
    """The back-end's own way to Waldur and to the GID service."""

    def __init__(self, options: CscsOptions, replicas: Replicas) -> None:
        super().__init__(options)
        self._replicas = replicas

    def orders(self, driver: Driver, journal: Journal, policy: DeletePolicy) -> Orders:
        return Orders(
            waldur=self._options.waldur_root,
            client=self._waldur,
            reader=self._reader,
            rules=self._rules,
            driver=driver,
            journal=journal,
            policy=policy,
            ask_groups=self._gids.resolve,
            changed=self._catalogue.forget,
            replicas=self._replicas,
        )


def read_options(
    raw: Mapping[str, Secret], systems: Collection[str], *, dry_run: bool
) -> CscsOptions:
    """The back-end's options, for these of its storage systems (all, if none is named).

    Raises:
        ValueError: saying what is wrong, without any value.
    """
    options = parse_options(CscsOptions, raw)
    if options.development_mode and not dry_run:
        raise ValueError(
            "option 'development_mode' makes groups up, so nothing but --dry-run is possible"
        )
    if unknown := [name for name in systems if name not in options.systems]:
        raise ValueError(f"--storage-system {unknown[0]!r} is none of the option 'storage_systems'")
    if not systems:
        return options
    chosen = {name: slug for name, slug in options.systems.items() if name in systems}
    return replace(options, storage_systems=json.dumps(chosen))


def build_driver(given: argparse.Namespace) -> Driver:
    """The driver of the command line; connects to nothing.

    Raises:
        ValueError: saying what is wrong.
    """
    return _vast(given) if given.driver == "vast" else _directory(given)


def _directory(given: argparse.Namespace) -> Driver:
    if given.root is None or not given.root.is_absolute() or not given.root.is_dir():
        raise ValueError("--root must be the absolute path of a directory")
    limit = [_template("--quota-command", text, ABOUT | LIMITS) for text in given.quota_command]
    usage = _template("--usage-command", given.usage_command, ABOUT)
    commands = QuotaCommands([each for each in limit if each], usage)
    return DirectoryDriver(given.root, commands)


def _template(option: str, text: str | None, known: frozenset[str]) -> Template | None:
    if text is None:
        return None
    try:
        return Template(text, known)
    except ValueError as error:
        raise ValueError(f"{option} {error}") from None


def _vast(given: argparse.Namespace) -> Driver:
    if not _is_origin(given.vast_url or ""):
        raise ValueError("--vast-url must be http(s)://host[:port]")
    if not given.vast_policy:
        raise ValueError("--vast-policy is missing")
    try:
        if given.vast_ca_file is not None:
            ssl.create_default_context(cafile=given.vast_ca_file)
    except (OSError, ValueError):
        raise ValueError("--vast-ca-file must be a readable file of PEM certificates") from None
    settings = TransportSettings(
        name=_VAST,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        concurrency=_CONCURRENCY,
        ca_file=given.vast_ca_file,
    )
    http = HttpClient(settings, Gate(_VAST, _CONCURRENCY))
    root = given.vast_url.rstrip("/")
    client = VmsClient(http, root, _credential(given), given.vast_tenant_id)
    return VastDriver(client, given.vast_policy)


def _credential(given: argparse.Namespace) -> VmsCredential:
    by_name = bool(given.vast_user or given.vast_password_file)
    if bool(given.vast_token_file) == by_name:
        raise ValueError("either --vast-token-file or --vast-user and --vast-password-file")
    if not by_name:
        return VmsCredential(token=_secret("--vast-token-file", given.vast_token_file))
    if not (given.vast_user and given.vast_password_file):
        raise ValueError("--vast-user and --vast-password-file belong together")
    password = _secret("--vast-password-file", given.vast_password_file)
    return VmsCredential(user=given.vast_user, password=password)


def _secret(option: str, file: Path) -> Secret:
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        text = ""
    if not text or not text.isprintable():
        raise ValueError(f"{option} must be a readable file with one line")
    return Secret(text)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username, parts.password)
    return known and not any(rest) and text.isascii() and text.isprintable()
