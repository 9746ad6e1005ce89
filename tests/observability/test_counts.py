"""The figures are those of all workers together, whoever is asked, and outlive workers."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from storage_api.metrics.requests import UNMATCHED
from tests.conformance.client import OverNetwork, fresh
from tests.observability.conftest import WORKERS
from tests.observability.prometheus import promtool, scrape
from tests.servers import DUMMY, Server, free_port, uwsgi_server
from tests.simulators.ontap import OntapSimulator

REQUESTS = "storage_api_http_requests_total"
SECONDS = "storage_api_http_request_duration_seconds"
CALLERS = 16
VOLUME = "/v3/{backend}/volumes/{volume}"


def workers(server: Server) -> list[int]:
    path = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def many(server: Server, count: int) -> None:
    """So many requests from several callers at once: a third each 200, 404 and no route at all."""
    paths = ("/v3/dummy/volumes", "/v3/dummy/volumes/none", "/nothing/{n}")

    def ask(number: int) -> int:
        path = paths[number % 3].replace("{n}", str(number))
        return requests.get(server.url + path, timeout=30).status_code

    with ThreadPoolExecutor(CALLERS) as pool:
        assert set(pool.map(ask, range(count))) == {200, 404}


def counted(server: Server) -> tuple[float, float, float, float]:
    """Lists, absent volumes and unknown paths; and lists again as the histogram has them."""
    told = scrape(server.url)
    lists = {"backend": "dummy", "route": "/v3/{backend}/volumes", "method": "GET"}
    return (
        told.sum(REQUESTS, **lists, status="200"),
        told.sum(REQUESTS, backend="dummy", route=VOLUME, status="404"),
        told.sum(REQUESTS, route=UNMATCHED, status="404"),
        told.sum(f"{SECONDS}_count", **lists),
    )


def test_every_request_is_counted_once_whichever_worker_served_it(server: Server) -> None:
    before = counted(server)
    many(server, 300)
    for _ in range(2 * WORKERS):  # any worker tells the same
        assert [now - then for now, then in zip(counted(server), before, strict=True)] == [100] * 4


def test_counts_go_on_when_workers_are_replaced(server: Server) -> None:
    many(server, 60)
    before = counted(server)
    for victim in workers(server)[:2]:
        os.kill(victim, signal.SIGKILL)
        until(lambda gone=victim: gone not in workers(server))  # type: ignore[misc]
    until(lambda: len(workers(server)) == WORKERS)
    assert counted(server) == before
    many(server, 300)
    assert [now - then for now, then in zip(counted(server), before, strict=True)] == [100] * 4
    told = scrape(server.url)
    assert told.total("storage_api_uwsgi_worker_respawns_total") >= 2
    assert told.total("storage_api_uwsgi_workers") == WORKERS
    until(lambda: scrape(server.url).total("storage_api_processes") == WORKERS + 1)


def test_what_is_under_way_ends_with_its_worker(server: Server, sim: OntapSimulator) -> None:
    sim.faults.add(kind="hang", seconds=20, times=None)
    before = set(workers(server))
    try:
        asking = threading.Thread(target=_ask_in_vain, args=(server,), daemon=True)
        asking.start()
        progress = "storage_api_http_requests_in_progress"
        until(lambda: scrape(server.url).sum(progress, backend="filer") == 1)
        assert scrape(server.url).sum("storage_api_backend_calls_in_progress") == 1
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(set(workers(server)) - before) == WORKERS)
        told = scrape(server.url)
        assert told.sum(progress, backend="filer") == 0
        assert told.sum("storage_api_backend_calls_in_progress") == 0
    finally:
        sim.faults.clear()


def _ask_in_vain(server: Server) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/v3/filer/volumes/x", timeout=30)


def test_calls_to_a_vendor_are_counted_by_what_they_were_for(
    server: Server, sim: OntapSimulator
) -> None:
    api = OverNetwork(server.url)
    name = fresh("vol")
    body = {"size_total": 2**30, "junction_path": f"/{name}"}
    api.post(f"/v3/filer/volumes/{name}", body).expect(201)
    asked = len(sim.requests)
    before = scrape(server.url)
    api.get(f"/v3/filer/volumes/{name}").expect(200)
    told = scrape(server.url)
    of = {"backend": "filer", "system": "NetApp", "operation": "get_volume"}
    calls = "storage_api_backend_calls_total"
    made = told.total(calls, **of, outcome="ok") - before.sum(calls, **of, outcome="ok")
    assert made == len(sim.requests) - asked
    assert told.total("storage_api_backend_call_duration_seconds_sum", backend="filer") > 0
    assert told.sum(calls, operation="create_volume", outcome="ok") > 0


def test_no_name_of_anything_is_in_it(server: Server) -> None:
    api = OverNetwork(server.url)
    name = fresh("secretive")
    api.post(f"/v3/dummy/volumes/{name}", {"size_total": 2**30}).expect(201)
    api.post(f"/v3/dummy/users/{name}", {}).expect(201)
    api.request(fresh("SECRETIVE").upper(), "/")
    api.get(f"/{name}?token={name}", headers={"Authorization": f"Bearer {name}"})
    for path in ("/metrics", "/metrics/backends"):
        assert "secretive" not in scrape(server.url, path).text.lower()
    assert scrape(server.url).total(REQUESTS, method="other") >= 1


@pytest.mark.usefixtures("promtool_here")
def test_promtool_finds_nothing_wrong(server: Server) -> None:
    requests.get(f"{server.url}/health/ready", timeout=30)
    api = OverNetwork(server.url)
    api.get("/v3/filer/volumes")
    for path in ("/metrics", "/metrics/backends"):
        assert promtool("check", "metrics", given=scrape(server.url, path).text) == ""


def test_a_given_directory_is_emptied_of_another_service_s_figures(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    settings = {
        "SAPI_BACKENDS": DUMMY,
        "FLASK_DEBUG": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }
    with uwsgi_server(settings, tmp_path / "log", processes=2) as server:
        many(server, 30)
        assert counted(server)[0] == 10
        assert list(folder.glob("*.db"))
        (folder / "counter_99.db").touch()  # as one that a new worker is just making
        assert counted(server)[0] == 10
    with uwsgi_server(settings, tmp_path / "log", processes=2) as server:
        assert counted(server)[0] == 0
        many(server, 30)
        assert counted(server)[0] == 10


def test_the_breaker_of_a_filer_that_is_down_is_seen(tmp_path: Path) -> None:
    options = ["hostname", f"127.0.0.1:{free_port()}", "vserver", "vs1", "password", "made-up"]
    entry = "🌈".join(["filer", "NetappStorage", "username", "admin", *options])
    settings = {"SAPI_BACKENDS": entry, "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, tmp_path / "log", processes=1, threads=4) as server:
        breaker = {"backend": "filer", "system": "NetApp"}
        name = "storage_api_breaker_processes"
        assert scrape(server.url).sum(name, **breaker, state="open") == 0
        for _ in range(3):
            assert requests.get(f"{server.url}/v3/filer/volumes", timeout=30).status_code == 503
        requests.get(f"{server.url}/health/ready", timeout=30)
        told = scrape(server.url)
        assert told.total(name, **breaker, state="open") == 1
        assert told.total("storage_api_breaker_trips_total", **breaker) == 1
        assert told.total("storage_api_backend_retries_total", **breaker) >= 2
        assert told.total("storage_api_backend_refusals_total", reason="breaker") >= 1
        unreached = told.total(
            "storage_api_backend_calls_total", backend="filer", outcome="unavailable"
        )
        assert unreached >= 5
        assert told.total(REQUESTS, backend="filer", status="503") == 3
        until(lambda: scrape(server.url).sum("storage_api_probe_success", target="filer") == 0)
