"""A filer's 10,000 volumes through the service and straight from it; calls of each operation."""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from benchmarks.measure import interleaved, report
from storage_api.backends.netapp import mapping
from storage_api.domain.units import GIB
from tests.conformance.client import Answer, OverNetwork
from tests.servers import uwsgi_server
from tests.simulators.ontap import OntapSimulator

VOLUMES = 10_000
#: The service gives one answer to everybody who asks within this time.
SHARED_SECONDS = 2.1
AT_ONCE = 8


#: Options of the back-end, which say all about the simulated filer.
Access = dict[str, str]


def run() -> None:
    for latency in (0.0, 0.25):
        with (
            tempfile.TemporaryDirectory() as folder,
            _filer(latency) as filer,
            uwsgi_server(_settings(filer), Path(folder, "log"), processes=2, threads=8) as server,
        ):
            _one_list(server.url, filer, f"{latency * 1e3:.0f} ms")
            _many_lists(server.url, filer, f"{latency * 1e3:.0f} ms")
    _calls()


@contextmanager
def _filer(latency: float) -> Iterator[Access]:
    """A simulator in a process of its own: it must not share our interpreter."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_simulate, args=(theirs, latency), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


def _simulate(caller: "Connection[Access, str]", latency: float) -> None:
    with OntapSimulator() as sim:
        sim.seed_volumes(VOLUMES)
        sim.settings.latency = latency
        caller.send(_access(sim))
        caller.recv()


def _access(sim: OntapSimulator) -> Access:
    return {
        "hostname": sim.hostname,
        "ca_file": str(sim.ca_file),
        "username": sim.username,
        "password": sim.password,
        "vserver": sim.svm,
    }


def _settings(filer: Access) -> dict[str, str]:
    parts = [part for option in filer.items() for part in option]
    return {
        "FLASK_DEBUG": "1",
        "SAPI_LOG_LEVEL": "WARNING",
        "SAPI_BACKENDS": "🌈".join(["filer", "NetappStorage", *parts]),
    }


def _one_list(url: str, filer: Access, distance: str) -> None:
    through_us, directly = _through_us(url), _directly(filer)
    # A benchmark of nothing would look very good.
    assert len(through_us()) == len(directly()["records"]) == VOLUMES
    for what, call in (("decoded", through_us), ("alone", _through_us(url, decode=False))):
        ours, theirs = interleaved(call, directly, 6, pause=SHARED_SECONDS)
        report(
            f"filer {distance} away, list {what} / direct",
            f"{ours * 1e3:.0f} ms",
            f"{theirs * 1e3:.0f} ms",
            ours / theirs,
            "≤ 1.5x",
        )


def _many_lists(url: str, filer: Access, distance: str) -> None:
    def at_once(make: Callable[[], Callable[[], object]]) -> Callable[[], None]:
        calls = [make() for _ in range(AT_ONCE)]

        def all_of_them() -> None:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for done in [pool.submit(call) for call in calls]:
                    done.result()

        return all_of_them

    ours, theirs = interleaved(
        at_once(lambda: _through_us(url)),
        at_once(lambda: _directly(filer)),
        3,
        pause=SHARED_SECONDS,
    )
    report(
        f"filer {distance} away, {AT_ONCE} lists at once / direct",
        f"{ours * 1e3:.0f} ms",
        f"{theirs * 1e3:.0f} ms",
        ours / theirs,
        "≤ 1x",
    )


def _through_us(url: str, *, decode: bool = True) -> Callable[[], Any]:
    """The service's list, as JSON or turned into Python's objects by its caller, too."""
    session = requests.Session()
    session.trust_env = False

    def fetch() -> Any:
        answer = session.get(f"{url}/v3/filer/volumes", timeout=60)
        return answer.json() if decode else answer.content

    return fetch


def _directly(filer: Access) -> Callable[[], Any]:
    session = requests.Session()
    session.trust_env = False
    session.verify = filer["ca_file"]
    session.auth = (filer["username"], filer["password"])
    session.headers["Accept"] = "application/json"
    query = f"svm.name={filer['vserver']}&style=flexvol&state=!restricted&max_records=10000"
    url = f"https://{filer['hostname']}/api/storage/volumes?{query}&fields={mapping.FIELDS}"
    return lambda: session.get(url, timeout=60).json()


def _calls() -> None:
    """Requests that the filer gets for each operation, once the volume is known."""
    with (
        tempfile.TemporaryDirectory() as folder,
        OntapSimulator() as sim,
        uwsgi_server(_settings(_access(sim)), Path(folder, "log"), processes=1) as server,
    ):
        api = OverNetwork(server.url)
        volume, policy = "/v3/filer/volumes/counted", "/v3/filer/export/counted"

        def count(what: str, goal: int, call: Callable[[], Answer]) -> None:
            sim.forget_requests()
            status = call().status
            assert status < 300, (what, status)
            made = len(sim.requests)
            report(f"filer, calls to {what}", f"{made}", f"{goal}", made / goal, "≤ 1x")

        new = {"size_total": GIB, "junction_path": "/counted"}
        count("create a volume", 3, lambda: api.post(volume, new))
        count("get it", 1, lambda: api.get(volume))
        count("list all volumes", 1, lambda: api.get("/v3/filer/volumes"))
        count("change its policy", 2, lambda: api.patch(volume, {"active_policy_name": "default"}))
        count("change its size", 3, lambda: api.patch(volume, {"size_total": 2 * GIB}))
        api.post(f"{volume}/snapshots/before").expect(201)
        # The volume anew (a remembered uuid may be another's by now), its snapshot, the rollback,
        # and the volume for the answer.
        count("roll it back", 4, lambda: api.post(volume, {"from_snapshot": "before"}))
        api.post(policy, {"rules": ["10.0.0.0/8", "192.0.2.1"]}).expect(201)
        api.get("/v3/filer/export").expect(200)  # an older release is asked twice, once
        count("list all export policies", 1, lambda: api.get("/v3/filer/export"))
        count("restrict it", 3, lambda: api.delete(volume))
