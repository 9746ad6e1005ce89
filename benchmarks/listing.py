"""10,000 volumes through the service, and one of them at 1 and 8 clients."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import orjson
import requests

from benchmarks.measure import interleaved, per_second, report
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.domain.secrets import Secret
from tests.servers import uwsgi_server

VOLUMES = 10_000


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store.sqlite")
        _fill(store)
        settings = {
            "FLASK_DEBUG": "1",
            "SAPI_LOG_LEVEL": "WARNING",
            "SAPI_BACKENDS": f"dummy🌈DummyStorage🌈path🌈{store}",
        }
        with uwsgi_server(settings, Path(folder, "log"), processes=2, threads=8) as server:
            _whole_list(server.url)
            _one_volume(server.url)


def _fill(store: Path) -> None:
    backend = DummyStorage.from_options({"path": Secret(str(store))})
    for number in range(VOLUMES):
        backend.create_volume(
            f"vol{number:05}", {"size_total": 10**12, "junction_path": f"/vol/{number:05}"}
        )


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _whole_list(url: str) -> None:
    session = _session()
    rows = session.get(f"{url}/v3/dummy/volumes", timeout=60).json()
    assert len(rows) == VOLUMES  # a benchmark of nothing would look very good

    def encode_and_ask_for_nothing() -> None:
        orjson.dumps(rows)
        session.get(f"{url}/health/live", timeout=60)

    ours, theirs = interleaved(
        lambda: session.get(f"{url}/v3/dummy/volumes", timeout=60).content,
        encode_and_ask_for_nothing,
        30,
    )
    report(
        "list 10,000 volumes / orjson + empty answer",
        f"{ours * 1e3:.1f} ms",
        f"{theirs * 1e3:.1f} ms",
        ours / theirs,
        "≤ 3x",
    )


def _one_volume(url: str) -> None:
    def getter(path: str) -> Callable[[], object]:
        session = _session()
        return lambda: session.get(f"{url}{path}", timeout=60).content

    for clients in (1, 8):
        ours = per_second(lambda: getter("/v3/dummy/volumes/vol00042"), clients, 3.0)
        theirs = per_second(lambda: getter("/health/live"), clients, 3.0)
        report(
            f"one volume, {clients} client(s) / empty answer",
            f"{ours:.0f} /s",
            f"{theirs:.0f} /s",
            theirs / ours,
            "none",
        )
