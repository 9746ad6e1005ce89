"""What is asked for on demand, what counting costs, and servers other than uWSGI."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from storage_api.metrics.requests import request_answered, request_began, request_over
from storage_api.metrics.systems import System
from tests.backends.cscs.lab import Lab, read
from tests.conformance.client import InProcess, OverNetwork, fresh
from tests.observability.conftest import filer_entry
from tests.observability.prometheus import Scrape, scrape
from tests.servers import DUMMY, ROOT, environment, free_port, uwsgi_server
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.ontap import OntapSimulator
from tests.simulators.waldur import WaldurSimulator

MOST_MICROSECONDS = 50


@pytest.fixture
def own_filer() -> Iterator[OntapSimulator]:
    with OntapSimulator() as sim:
        yield sim


def test_what_back_ends_hold_is_asked_for_once_however_many_read(
    own_filer: OntapSimulator, tmp_path: Path
) -> None:
    own_filer.seed_volumes(7)
    gone = ["gone", "NetappStorage", "hostname", f"127.0.0.1:{free_port()}", "vserver", "vs1"]
    entries = [DUMMY, filer_entry(own_filer), "🌈".join([*gone, "username", "u", "password", "p"])]
    settings = {"SAPI_BACKENDS": "🦄".join(entries), "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, tmp_path / "log", processes=3, threads=4) as server:
        api = OverNetwork(server.url)
        body = {"size_total": 3 * 2**30}
        api.post(f"/v3/dummy/volumes/{fresh('vol')}", body).expect(201)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: scrape(server.url, "/metrics/backends"), range(12)))
        told = scrape(server.url, "/metrics/backends")
        lists = [one for one in own_filer.requests if "state=!restricted" in one.query]
        assert len(lists) == 1
        assert told.total("storage_api_backend_volumes", backend="filer") == 7
        assert told.total("storage_api_backend_measured_up", backend="filer") == 1
        assert told.total("storage_api_backend_volume_bytes", backend="dummy", kind="size") == (
            3 * 2**30
        )
        assert told.total("storage_api_backend_capacity_bytes", backend="filer", kind="total") > 0
        assert told.total("storage_api_backend_measured_up", backend="gone") == 0
        assert not told.values("storage_api_backend_volumes", backend="gone")
        assert not told.values("storage_api_backend_capacity_bytes", backend="gone")


def test_a_back_end_that_hangs_keeps_the_others_figures_from_nobody(
    own_filer: OntapSimulator, tmp_path: Path
) -> None:
    own_filer.faults.add(kind="hang", times=None)
    entries = [filer_entry(own_filer), DUMMY]
    settings = {"SAPI_BACKENDS": "🦄".join(entries), "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, tmp_path / "log", processes=1, threads=4) as server:
        began = time.monotonic()
        told = scrape(server.url, "/metrics/backends")
        assert time.monotonic() - began < 10
        assert told.total("storage_api_backend_measured_up", backend="dummy") == 1
        assert not told.values("storage_api_backend_measured_up", backend="filer")
        began = time.monotonic()
        scrape(server.url)
        assert time.monotonic() - began < 2


def test_who_waits_for_figures_leaves_threads_to_others(
    own_filer: OntapSimulator, tmp_path: Path
) -> None:
    own_filer.faults.add(kind="hang", times=None)
    settings = {"SAPI_BACKENDS": f"{filer_entry(own_filer)}🦄{DUMMY}", "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, tmp_path / "log", processes=1, threads=4) as server:
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(scrape, server.url, "/metrics/backends") for _ in range(8)]
            wait(waiting, return_when=FIRST_COMPLETED)
            began = time.monotonic()
            OverNetwork(server.url).get("/v3/dummy/volumes").expect(200)
            assert time.monotonic() - began < 3
        told = waiting[-1].result()
        assert not told.values("storage_api_backend_measured_up", backend="filer")


def test_a_back_end_that_was_taken_away_is_not_awaited_by_the_sampler_s_alert(
    tmp_path: Path,
) -> None:
    settings = {"SAPI_STATE_DIRECTORY": str(tmp_path), "FLASK_DEBUG": "1"}
    former = f"{DUMMY}🦄former🌈DummyStorage"
    subprocess.run(
        [sys.executable, "-m", "storage_api.cli", "sample"],
        cwd=ROOT,
        env=environment({**settings, "SAPI_BACKENDS": former}),
        timeout=60,
        check=True,
    )
    with uwsgi_server(
        {**settings, "SAPI_BACKENDS": DUMMY}, tmp_path / "log", processes=1
    ) as server:
        name = "storage_api_sampler_last_success_timestamp_seconds"
        _wait_for(lambda: bool(scrape(server.url).values(name)), server.log)
        assert list(scrape(server.url).values(name)) == [(("backend", "dummy"),)]


def test_what_was_read_of_a_portal_counts_for_who_wanted_it() -> None:
    """Also though a thread of its own reads it."""
    with WaldurSimulator() as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        lab.seed(3)
        app = lab.app(cache_ttl="600")
        before = Scrape(app.test_client().get("/metrics").text)
        for _ in range(3):
            read(InProcess(app))
        after = Scrape(app.test_client().get("/metrics").text)

    def more(name: str, **labels: str) -> float:
        return after.sum(name, **labels) - before.sum(name, **labels)

    assert more("storage_api_cache_requests_total", cache="cscs", result="miss") == 1
    assert more("storage_api_cache_requests_total", cache="cscs", result="hit") == 2
    assert more("storage_api_backend_calls_total", operation="other") == 0


def test_files_that_are_in_use_do_not_look_old(tmp_path: Path) -> None:
    """Who clears temporary files by age would have two workers count under one number."""
    folder = tmp_path / "figures"
    settings = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1", "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with uwsgi_server(settings, tmp_path / "log", processes=1) as server:
        scrape(server.url)
        files = [folder, *folder.glob("slot-*"), *folder.glob("*.db"), folder / "lock"]
        for file in files:
            os.utime(file, (0, 0))
        scrape(server.url)
        assert all(file.stat().st_mtime > 0 for file in files)


@pytest.mark.parametrize("preload", [False, True])
def test_gunicorn_s_workers_count_together(tmp_path: Path, preload: bool) -> None:
    with _gunicorn(tmp_path, preload=preload) as url:

        def ask(_: int) -> int:
            return requests.get(f"{url}/v3/dummy/volumes", timeout=30).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(80))) == {200}
        for _ in range(4):
            assert _lists(scrape(url)) == 80


def _lists(told: Scrape) -> float:
    return told.total("storage_api_http_requests_total", route="/v3/{backend}/volumes")


@contextmanager
def _gunicorn(folder: Path, *, preload: bool) -> Iterator[str]:
    port = free_port()
    command = [str(Path(sys.executable).parent / "gunicorn"), "storage_api.wsgi"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "3", "--no-control-socket"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(["--preload"] if preload else [])],
            cwd=ROOT,
            env=environment(
                {
                    "SAPI_BACKENDS": f"{DUMMY}🌈path🌈{folder / 'dummy.sqlite'}",
                    "FLASK_DEBUG": "1",
                    "SAPI_STATE_DIRECTORY": str(folder),
                    "TMPDIR": str(folder),
                }
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(lambda: _answers(f"http://127.0.0.1:{port}/health/live"), folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def _wait_for(holds: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.1)


def _count_a_request() -> None:
    request_began("ceph")
    request_answered("/v3/ceph/buckets/<string:bucket>", "ceph", "GET", 200, 0.01)
    request_over("ceph")


def _count_a_call() -> None:
    with System("ceph (RadosGW)").call("get_bucket") as call:
        call.answered(200)


@pytest.mark.parametrize("count", [_count_a_request, _count_a_call])
def test_counting_costs_next_to_nothing(count: Callable[[], None]) -> None:
    """In files as in production; in the processor's time, for others use this machine too."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE.format(folder=folder, name=count.__name__)],
            cwd=ROOT,
            env=environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert float(done.stdout) < MOST_MICROSECONDS


_MEASURE = """
from storage_api.metrics.sharing import share
share({folder!r})
from tests.observability import test_figures
print(test_figures.microseconds(test_figures.{name}))
"""


def microseconds(count: Callable[[], None]) -> float:
    times = []
    for _ in range(20):
        began = time.process_time()
        for _ in range(200):
            count()
        times.append((time.process_time() - began) / 200)
    return statistics.median(times) * 1e6
