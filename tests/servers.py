"""Starts the service: here, or as its users do on a free port of 127.0.0.1."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from flask import Flask

from storage_api.app import create_app

ROOT = Path(__file__).parent.parent
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
#: How the names of what configures the service begin.
_OURS = ("SAPI_", "FLASK_", "UWSGI_", "BASIC_AUTH_", "PROMETHEUS_", "SENTRY_", "OTEL_")

DUMMY = "dummy🌈DummyStorage"


@dataclass(frozen=True)
class Server:
    """A running service."""

    url: str
    pid: int
    log: Path


def service(settings: Mapping[str, str] | None = None) -> Flask:
    """The service inside this process: DummyStorage in debug mode, unless ``settings`` differ."""
    state = tempfile.mkdtemp(prefix="sapi-state-")
    own = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1", "SAPI_STATE_DIRECTORY": state}
    app = create_app({**own, **(settings or {})})
    weakref.finalize(app, shutil.rmtree, state, ignore_errors=True)
    return app


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """``settings`` for a process of ours, with nothing of this one's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), **settings}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def uwsgi_server(
    settings: Mapping[str, str],
    log: Path,
    *,
    processes: int = 4,
    threads: int = 2,
    port: int | None = None,
    options: Sequence[str] = (),
) -> Iterator[Server]:
    """The service as production runs it: the project's own uwsgi.ini, then ``options``."""
    port = port or free_port()
    program = Path(sys.executable).parent / "uwsgi"
    own = {
        "UWSGI_HTTP_SOCKET": f"127.0.0.1:{port}",
        "UWSGI_PROCESSES": str(processes),
        "UWSGI_THREADS": str(threads),
    }
    command = [str(program), "--ini", str(ROOT / "uwsgi.ini"), *options]
    with _running(command, {**own, **settings}, log, port) as server:
        yield server


@contextmanager
def flask_server(settings: Mapping[str, str], log: Path) -> Iterator[Server]:
    """The service as a developer runs it."""
    port = free_port()
    command = [sys.executable, "-m", "flask", "run", "--no-reload"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    own = {"FLASK_APP": "storage_api/app.py", "FLASK_DEBUG": "1"}
    with _running(command, {**own, **settings}, log, port) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], settings: Mapping[str, str], log: Path, port: int
) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="sapi-state-") as state:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment({"SAPI_STATE_DIRECTORY": state, **settings}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(f"http://127.0.0.1:{port}", process.pid, log)
        try:
            _wait_until_live(server, process)
            yield server
        finally:
            _end(process)


def _wait_until_live(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < end:
            try:
                if session.get(f"{server.url}/health/live", timeout=5).status_code == 200:
                    return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.05)  # uWSGI listens before it has loaded the service
    last_words = server.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"the service did not start:\n{last_words}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
