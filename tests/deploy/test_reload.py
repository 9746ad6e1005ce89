"""Workers are replaced, or all of them at once, while clients go on calling: nobody notices."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import requests

from storage_api.transport.context import REQUEST_SECONDS
from tests.servers import DUMMY, ROOT, Server, free_port, uwsgi_server

CLIENTS = 8
SETTINGS = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
#: Each life of the service says it once.
CONFIGURED = '"event": "configured"'
#: uWSGI's word for a worker's first breath after it was replaced.
REPLACED = "Respawned uWSGI worker"


def call(url: str, got: list[int | str], end: Event) -> None:
    """One client, with a new connection each time, until the end."""
    with requests.Session() as session:
        session.trust_env = False
        while not end.is_set():
            try:
                got.append(session.get(f"{url}/v3/dummy/volumes", timeout=60).status_code)
            except requests.RequestException as error:
                got.append(repr(error))


@contextmanager
def load(server: Server) -> Iterator[list[int | str]]:
    """Calls of many clients during the block, and what they get."""
    got: list[int | str] = []
    end = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(CLIENTS):
            pool.submit(call, server.url, got, end)
        try:
            yield got
        finally:
            end.set()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def said(log: Path, words: str) -> int:
    return log.read_text(encoding="utf-8").count(words)


def failures(got: list[int | str]) -> list[int | str]:
    return [each for each in got if each != 200]


def test_a_reload_fails_no_request(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with uwsgi_server(SETTINGS, log, processes=2, threads=8) as server:
        with load(server) as got:
            for lives in (1, 2):
                until(lambda lives=lives: len(got) >= 40 * lives)  # type: ignore[misc]  # a default is no type to mypy
                os.kill(server.pid, signal.SIGHUP)
                # With its workers still to come.
                until(lambda lives=lives: said(log, CONFIGURED) > lives)  # type: ignore[misc]  # a default is no type to mypy
            until(lambda: len(got) >= 120)
        assert failures(got) == []


def test_a_worker_that_is_replaced_fails_no_request(tmp_path: Path) -> None:
    log = tmp_path / "log"
    often = ("--max-requests", "60", "--max-requests-delta", "10")
    with uwsgi_server(SETTINGS, log, processes=2, threads=8, options=often) as server:
        with load(server) as got:
            until(lambda: said(log, REPLACED) >= 2)
        assert failures(got) == []


def test_no_worker_is_killed_within_the_time_that_a_request_may_take() -> None:
    ini = ConfigParser(strict=False, interpolation=None, comment_prefixes="#")
    ini.read(ROOT / "uwsgi.ini", encoding="utf-8")
    told = ini["uwsgi"]
    assert int(told["harakiri"]) >= REQUEST_SECONDS + int(told["socket-timeout"])
    assert REQUEST_SECONDS < int(told["worker-reload-mercy"]) < int(told["harakiri"])
    assert int(told["max-requests-delta"]) > 0


def test_statistics_are_there_for_who_asks(tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_port()}"
    settings = {**SETTINGS, "UWSGI_STATS": place}
    with uwsgi_server(settings, tmp_path / "log", processes=3):
        host, _, port = place.partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            told = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    assert len(told["workers"]) == 3
    assert "listen_queue" in told
