"""``python -m storage_api.backends.cscs.reconcile``: a program of its own beside the service.

As ``storage_api.app`` is for the service, this is the one place here that reads the
environment and sets up logs. It ends with 0 if all is well, 1 if some item failed, 2 if the
configuration is wrong.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from storage_api.backends.cscs.drivers.base import DeletePolicy
from storage_api.backends.cscs.reconcile.arguments import parse
from storage_api.backends.cscs.reconcile.assembly import Provisioner, build_driver, read_options
from storage_api.backends.cscs.reconcile.journal import Journal
from storage_api.backends.cscs.reconcile.orders import Orders
from storage_api.backends.cscs.reconcile.rounds import run_round
from storage_api.domain.errors import StorageError
from storage_api.domain.secrets import Secret
from storage_api.logs import configure_logs
from storage_api.settings import BackendSettings, backends_of, log_level_of, redis_url_of
from storage_api.transport.replicas import Replicas
from storage_api.transport.shared_redis import SharedRedis

_ALL_WELL, _FAILED, _MISCONFIGURED = 0, 1, 2
_CLASS = "CscsStorage"

log = structlog.get_logger(__name__)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    given = parse(arguments)
    try:
        configure_logs(_level(environ))
        options = read_options(
            _entry(environ, given.backend),
            given.storage_system or (),
            dry_run=given.dry_run,
        )
        driver = build_driver(given)
        replicas = _replicas(environ)
        journal = Journal(Path(os.devnull) if given.dry_run else given.journal)
    except (ValueError, OSError) as error:
        print(f"The configuration is wrong: {_words(error)}", file=sys.stderr)  # noqa: T201
        return _MISCONFIGURED
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    orders = Provisioner(options, replicas).orders(
        driver, journal, DeletePolicy(given.delete_policy)
    )
    try:
        return _run(orders, stopped, given.interval, dry_run=given.dry_run)
    finally:
        journal.close()


def _run(orders: Orders, stopped: threading.Event, interval: float | None, *, dry_run: bool) -> int:
    """Rounds until ``stopped``, or just one."""
    known_drift: dict[str, list[str]] = {}
    while True:
        well = _round(orders, stopped, known_drift, dry_run=dry_run)
        if interval is None:
            return _ALL_WELL if well else _FAILED
        if stopped.wait(interval):
            log.info("stopped")
            return _ALL_WELL


def _round(
    orders: Orders, stopped: threading.Event, known_drift: dict[str, list[str]], *, dry_run: bool
) -> bool:
    try:
        return run_round(orders, stopped.is_set, known_drift, dry_run=dry_run).all_well
    except StorageError as error:
        log.error("round-failed", kind=error.slug, detail=str(error))  # noqa: TRY400  # no stack
        return False


def _level(environ: Mapping[str, str]) -> int:
    mistakes: list[str] = []
    level = log_level_of(environ, mistakes)
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return logging.getLevelNamesMapping()[level]


def _replicas(environ: Mapping[str, str]) -> Replicas:
    mistakes: list[str] = []
    url = redis_url_of(environ, mistakes)
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return Replicas(SharedRedis(url) if url else None)


def _entry(environ: Mapping[str, str], endpoint: str | None) -> Mapping[str, Secret]:
    """The options of the one entry of ``SAPI_BACKENDS`` that is meant."""
    mistakes: list[str] = []
    backends = backends_of(environ.get("SAPI_BACKENDS", ""), mistakes)
    if mistakes:
        raise ValueError("\n".join(mistakes))
    found = [entry for entry in backends if _is_meant(entry, endpoint)]
    if len(found) != 1:
        raise ValueError(
            f"SAPI_BACKENDS has {len(found)} entries of the class {_CLASS}"
            + (" with this endpoint" if endpoint else "; --backend says which is meant")
        )
    return found[0].options


def _is_meant(entry: BackendSettings, endpoint: str | None) -> bool:
    return entry.class_name == _CLASS and endpoint in {None, entry.endpoint}


def _words(error: ValueError | OSError) -> str:
    """No path and no value: any of them may be a secret in the wrong place."""
    if isinstance(error, OSError):
        return f"--journal cannot be written ({os.strerror(error.errno or 0)})"
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
