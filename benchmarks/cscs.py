"""The CSCS document of 10,000 resources, beside the proxy that Waldur's makers publish.

Both are one process and read the same simulated Waldur, which is a process of its own, once
as quick as it can be and once 50 ms away. Neither has a GID service: both make the groups up.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks.measure import children, report, resident_mib
from tests.servers import ROOT, environment, uwsgi_server
from tests.services.published_proxy import installed, published_proxy
from tests.services.venvs import NotInstalled

RESOURCES = 10_000
LATENCIES = (0.0, 0.05)
SYSTEMS = {name: name for name in ("capstor", "vast", "iopsstor")}
PAGE = "/api/storage-resources/?page_size=500"
CLIENTS = 8
#: How often each of the two is started, to be asked for the first time.
STARTS = 3
_USERS = 6
_SLOW_SECONDS = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Waldur:
    url: str
    tokens: dict[str, str]
    pid: int

    @property
    def busy_seconds(self) -> float:
        """What it has taken of the processors since it began."""
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        return sum(map(int, told.split()[11:13])) / _TICKS


@dataclass
class _Figures:
    """Of one service. Seconds, but for ``mib``: what its one process holds when all is done."""

    first: list[float] = field(default_factory=list)
    waldur: list[float] = field(default_factory=list)
    again: float = 0.0
    afresh: float = 0.0
    together: float = 0.0
    mib: float = 0.0


_Starter = Callable[[_Waldur, Path], AbstractContextManager[tuple[str, int]]]


def run() -> None:
    services: list[_Starter] = [_ours]
    try:
        installed()
        services.append(_theirs)
    except NotInstalled as error:
        print(f"CSCS: ours alone, the published proxy cannot be installed: {error}")
    for latency in LATENCIES:
        with _waldur(latency) as waldur:
            _tell(f"{latency * 1e3:.0f} ms", *_measured(waldur, services))


def _measured(waldur: _Waldur, services: list[_Starter]) -> list[_Figures]:
    """In turns, so that all meet the same noise."""
    figures = [_Figures() for _ in services]
    for turn in range(STARTS):
        for start, found in zip(services, figures, strict=True):
            with tempfile.TemporaryDirectory() as folder, start(waldur, Path(folder)) as service:
                _measure(*service, waldur, found, last=turn == STARTS - 1)
    return figures


def _measure(url: str, pid: int, waldur: _Waldur, found: _Figures, *, last: bool) -> None:
    ask, ask_afresh = _asker(url), _asker(url, {"Cache-Control": "no-cache"})
    busy = waldur.busy_seconds
    found.first.append(_seconds(ask))
    found.waldur.append(waldur.busy_seconds - busy)
    if not last:
        return
    # Who takes seconds each time need not be asked as often as who does not.
    slow = found.first[-1] > _SLOW_SECONDS
    found.again = statistics.median(_seconds(ask) for _ in range(2 if slow else 100))
    found.afresh = statistics.median(_seconds(ask_afresh) for _ in range(2 if slow else 10))
    found.together = _together(url)
    found.mib = resident_mib(pid)


def _asker(url: str, headers: Mapping[str, str] | None = None) -> Callable[[], None]:
    """What one client does, on a connection that it keeps."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(headers or {})

    def ask() -> None:
        answer = session.get(f"{url}{PAGE}", timeout=600)
        # A benchmark of nothing would look very good.
        assert answer.status_code == 200, answer.text[:500]
        assert b'"limit": 500' in answer.content or b'"limit":500' in answer.content
        assert len(answer.content) > 300_000

    return ask


def _together(url: str) -> float:
    """Until each of the clients, who begin at once, has its page."""
    clients = [_asker(url) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        return _seconds(lambda: list(pool.map(lambda ask: ask(), clients)))


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _tell(away: str, ours: _Figures, theirs: _Figures | None = None) -> None:
    told = f"CSCS, Waldur {away} away:"
    if theirs is None:
        theirs = _Figures(first=[0.0], waldur=[0.0])
    first, their_first = statistics.median(ours.first), statistics.median(theirs.first)
    _line(f"{told} first page", first, their_first, "≥ 10x")
    _line(f"{told} same page again", ours.again, theirs.again, "≥ 200x")
    _line(f"{told} read afresh", ours.afresh, theirs.afresh, "none")
    _line(f"{told} {CLIENTS} clients", ours.together, theirs.together, "none")
    busy, their_busy = statistics.median(ours.waldur), statistics.median(theirs.waldur)
    _line(f"{told} simulator busy", busy, their_busy, "none")
    _show(f"{told} memory", ours.mib, theirs.mib, "none", lambda mib: f"{mib:.0f} MiB")


def _line(what: str, ours: float, theirs: float, goal: str) -> None:
    _show(what, ours, theirs, goal, lambda seconds: f"{seconds * 1e3:.1f} ms")


def _show(
    what: str, ours: float, theirs: float, goal: str, written: Callable[[float], str]
) -> None:
    """The ratio says how many times more the published proxy needs; 0 if it is not there."""
    compared = written(theirs) if theirs else "not measured"
    report(what, written(ours), compared, theirs / ours if ours else 0.0, goal)


@contextmanager
def _waldur(latency: float) -> Iterator[_Waldur]:
    command = [sys.executable, "-m", "tests.simulators.waldur"]
    command += ["--resources", str(RESOURCES), "--latency", str(latency)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment({}), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        told = [process.stdout.readline().split() for _ in range(_USERS)]
        yield _Waldur(url, {name: token for _, token, name in told}, process.pid)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _ours(waldur: _Waldur, folder: Path) -> Iterator[tuple[str, int]]:
    options = {
        "waldur_api_url": f"{waldur.url}/api/",
        "waldur_api_token": waldur.tokens["provider"],
        "storage_systems": ",".join(f"{name}={slug}" for name, slug in SYSTEMS.items()),
        "development_mode": "true",
        # Longer than this measurement: reading anew is what the first page costs.
        "cache_ttl": "600",
    }
    given = [part for option in options.items() for part in option]
    settings = {
        "FLASK_DEBUG": "1",
        "SAPI_LOG_LEVEL": "WARNING",
        "SAPI_BACKENDS": "🌈".join(["cscs", "CscsStorage", *given]),
    }
    with uwsgi_server(settings, folder / "log", processes=1, threads=CLIENTS) as server:
        (worker,) = children(server.pid)
        yield server.url, worker


@contextmanager
def _theirs(waldur: _Waldur, folder: Path) -> Iterator[tuple[str, int]]:
    with published_proxy(
        folder,
        waldur_url=waldur.url,
        # It reads the consumers' view, in which a provider sees nothing.
        waldur_token=waldur.tokens["staff"],
        storage_systems=SYSTEMS,
    ) as proxy:
        yield proxy.url, proxy.pid
