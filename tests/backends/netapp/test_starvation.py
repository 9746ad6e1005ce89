"""A filer that hangs keeps some threads of a worker busy; everybody else is served as ever.

One uWSGI worker with the threads of ``uwsgi.ini``, a simulated filer, and DummyStorage beside it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conformance.client import Answer, OverNetwork
from tests.servers import DUMMY, uwsgi_server
from tests.simulators.ontap import OntapSimulator

THREADS = 32
CALLERS = 60
#: Requests that a process has under way at the filer at most; the option's default.
CONCURRENCY = 8
VOLUMES = 10_000
#: Far below what the filer takes; the machine that runs the tests is busy with the callers, too.
QUICK_SECONDS = 1.5
HANG_SECONDS = 6.0
LIST_SECONDS = 2.0
LIST = "/v3/filer/volumes"
#: Tells the list in the filer's requests.
WHOLE = "state=!restricted"


@pytest.fixture(scope="module")
def sim() -> Iterator[OntapSimulator]:
    with OntapSimulator() as sim:
        sim.seed_volumes(VOLUMES)
        yield sim


@pytest.fixture(scope="module")
def twin() -> Iterator[OntapSimulator]:
    with OntapSimulator() as twin:
        yield twin


def entry(name: str, sim: OntapSimulator) -> str:
    options = ["hostname", sim.hostname, "ca_file", str(sim.ca_file), "vserver", sim.svm]
    account = ["username", sim.username, "password", sim.password]
    return "🌈".join([name, "NetappStorage", *options, *account])


@pytest.fixture(scope="module")
def api(
    sim: OntapSimulator, twin: OntapSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OverNetwork]:
    entries = [DUMMY, entry("filer", sim), entry("twin", twin)]
    settings = {"SAPI_BACKENDS": "🦄".join(entries), "FLASK_DEBUG": "1"}
    log = tmp_path_factory.mktemp("starvation") / "log"
    with uwsgi_server(settings, log, processes=1, threads=THREADS) as server:
        yield OverNetwork(server.url)


@pytest.fixture(autouse=True)
def well(sim: OntapSimulator, api: OverNetwork) -> Iterator[None]:
    """The filer is well before each test, and the service knows it."""
    until(lambda: api.get("/v3/filer/volumes/vol00001").status == 200)
    yield
    sim.faults.clear()


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


class Crowd:
    """Callers that ask the filer for small things again and again."""

    def __init__(self, api: OverNetwork) -> None:
        self._api = api
        self._enough = threading.Event()
        self.answers: list[Answer] = []
        self.seconds: list[float] = []

    def ask(self, number: int) -> None:
        while not self._enough.is_set():
            began = time.monotonic()
            self.answers.append(self._api.get(f"{LIST}/vol{number:05}"))
            self.seconds.append(time.monotonic() - began)
            # Who is refused asks again soon.
            self._enough.wait(0.2)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in list(self.answers))

    def leave(self) -> None:
        self._enough.set()


@contextmanager
def crowd(api: OverNetwork, callers: int) -> Iterator[Crowd]:
    people = Crowd(api)
    with ThreadPoolExecutor(callers) as pool:
        asked = [pool.submit(people.ask, number) for number in range(1, callers + 1)]
        try:
            yield people
        finally:
            people.leave()
            for done in asked:
                done.result()


def seconds_for(api: OverNetwork, path: str) -> float:
    began = time.monotonic()
    api.get(path).expect(200)
    return time.monotonic() - began


def test_a_hanging_filer_starves_nobody_and_recovers(sim: OntapSimulator, api: OverNetwork) -> None:
    hang = sim.faults.add(kind="hang", seconds=HANG_SECONDS, times=None)
    others = ("/v3/dummy/volumes", "/health/live", "/health/ready")
    with crowd(api, CALLERS) as people:
        until(lambda: hang.hits >= CONCURRENCY)
        taken = [(seconds_for(api, path), path) for _ in range(10) for path in others]
        assert max(taken)[0] < QUICK_SECONDS, sorted(taken)
        until(lambda: people.statuses[503] > CALLERS)
        sim.faults.clear()
        until(lambda: people.statuses[200] > CALLERS)
    assert set(people.statuses) <= {200, 503, 504}, people.statuses
    refused = [answer for answer in people.answers if answer.status == 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert sim.most_at_once <= CONCURRENCY


def test_two_filers_that_hang_at_once_leave_threads_too(
    sim: OntapSimulator, twin: OntapSimulator, api: OverNetwork
) -> None:
    hangs = [one.faults.add(kind="hang", seconds=HANG_SECONDS, times=None) for one in (sim, twin)]
    with ThreadPoolExecutor(CALLERS) as pool:
        # Not the list, which may be known from a moment ago.
        both = ("/v3/filer/volumes/vol00001", "/v3/twin/volumes/vol00001")
        asked = [pool.submit(api.get, both[number % 2]) for number in range(CALLERS)]
        until(lambda: all(hang.hits for hang in hangs))
        until(lambda: any(done.done() and done.result().status == 503 for done in asked))
        paths = ("/v3/dummy/volumes", "/health/live") * 5
        assert max(seconds_for(api, path) for path in paths) < QUICK_SECONDS
        twin.faults.clear()
        sim.faults.clear()


def test_a_long_list_holds_up_no_small_thing(sim: OntapSimulator, api: OverNetwork) -> None:
    end_shared_list(api)
    sim.faults.add(kind="slow", query=WHOLE, seconds=LIST_SECONDS)
    with crowd(api, CONCURRENCY // 2) as people:
        assert len(api.get(LIST).expect(200)) == VOLUMES
    assert set(people.statuses) == {200}
    assert max(people.seconds) < LIST_SECONDS


def test_equal_lists_under_way_cost_the_filer_one_request(
    sim: OntapSimulator, api: OverNetwork
) -> None:
    end_shared_list(api)
    slow = sim.faults.add(kind="slow", query=WHOLE, seconds=LIST_SECONDS / 2, times=None)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(api.get, LIST) for _ in range(8)]
        assert [len(done.result().expect(200)) for done in asked] == [VOLUMES] * 8
    assert slow.hits == 1


def end_shared_list(api: OverNetwork) -> None:
    """A change through the service ends the list that callers share for a moment."""
    api.patch(f"{LIST}/vol00001", {"active_policy_name": "default"}).expect(200)
