"""Real ColdFront 1.1.10 with the plugin, in a process and with a database of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import ROOT
from tests.services.venvs import made_once, run, venv

VERSION = "1.1.10"
SOURCES = (ROOT / "integrations/coldfront/src", ROOT / "clients/python/src")
_PORTAL = Path(__file__).with_name("portal.py")
_STOP_SECONDS = 15

SETTINGS = """\
from coldfront.config.base import INSTALLED_APPS
INSTALLED_APPS += {apps!r}
ALLOCATION_FUNCS_ON_EXPIRE = ["coldfront_storage_api.hooks.on_expire"]
Q_CLUSTER = {cluster!r}
{more}
"""
#: What the fork adds to upstream; nobody but its own views sends them.
FORK = """\
import django.dispatch
import coldfront.core.allocation.signals as _signals
_signals.allocation_autocreate = django.dispatch.Signal()
_signals.allocation_autoupdate = django.dispatch.Signal()
"""
ORM = {"timeout": 60, "retry": 90, "orm": "default", "workers": 1, "poll": 0.1}


class ColdFront:
    """Tells a process what to do; each verb of ``portal.py`` is a method here."""

    def __init__(
        self, process: subprocess.Popen[str], environ: dict[str, str], python: Path
    ) -> None:
        self._process = process
        self.environ = environ
        self.python = python

    def __getattr__(self, name: str) -> Any:
        def tell(*arguments: Any, **named: Any) -> Any:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps([name, arguments, named]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            assert line, "ColdFront's process ended"
            answer = json.loads(line)
            assert "failure" not in answer, answer["failure"]
            return answer["result"]

        return tell


def python() -> Path:
    """ColdFront's own. Raises ``NotInstalled``."""
    return venv(f"coldfront-{VERSION}", f"coldfront=={VERSION}")


def prepared() -> Path:
    """The folder with a database and static files as ``coldfront initial_setup`` makes them."""
    program = python().with_name("coldfront")

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        given = {
            "DB_URL": f"sqlite:///{folder / 'coldfront.db'}",
            "SECRET_KEY": "made-up",
            "STATIC_ROOT": str(folder / "static"),
        }
        with _environ(given):
            run(str(program), "initial_setup", "-f")
            run(str(program), "collectstatic", "--noinput")

    return made_once(f"coldfront-{VERSION}-site", VERSION, make)


@contextmanager
def _environ(given: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def coldfront(
    folder: Path,
    settings: Mapping[str, str],
    *,
    apps: tuple[str, ...] = ("coldfront_storage_api",),
    cluster: Mapping[str, Any] = ORM,
    more: str = "",
) -> Iterator[ColdFront]:
    """``settings`` are ``STORAGE_API_*``; ``more`` is appended to the local settings."""
    site = prepared()
    shutil.copyfile(site / "coldfront.db", folder / "coldfront.db")
    local = folder / "local_settings.py"
    local.write_text(
        SETTINGS.format(apps=list(apps), cluster=dict(cluster), more=more), encoding="utf-8"
    )
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STORAGE_API_", "PYTHON", "DJANGO_"))
    }
    environ = {
        **kept,
        "PYTHONUTF8": "1",
        "PYTHONPATH": ":".join(map(str, SOURCES)),
        "DJANGO_SETTINGS_MODULE": "coldfront.config.settings",
        "COLDFRONT_CONFIG": str(local),
        "DB_URL": f"sqlite:///{folder / 'coldfront.db'}",
        "SECRET_KEY": "made-up",
        "STATIC_ROOT": str(site / "static"),
        "TMPDIR": str(folder),
        **settings,
    }
    with (folder / "coldfront.log").open("w") as log:
        process = subprocess.Popen(
            [str(python()), "-P", str(_PORTAL)],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield ColdFront(process, environ, python())
    finally:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(_STOP_SECONDS)
        process.stdout.close()
