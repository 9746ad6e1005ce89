"""Both replicas replaced, one after the other, while clients go on working."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conformance.client import OverNetwork, fresh
from tests.conformance.target import volume_body
from tests.conformance.test_netapp import netapp_entry
from tests.jobs.lab import wait_for
from tests.services.redis import RedisServer
from tests.services.replicas import pair
from tests.simulators.ontap import OntapSimulator

_CLIENTS = 6
LIST = "/v3/filer/volumes"


class Load:
    """What became of the requests, by method and status."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def note(self, method: str, status: int) -> None:
        with self._lock:
            self.counts[method, status] += 1

    def failed(self) -> dict[tuple[str, int], int]:
        return {each: count for each, count in self.counts.items() if each[1] >= 400}


@contextmanager
def under_load(url: str, *, writes: bool) -> Iterator[Load]:
    load, over = Load(), threading.Event()

    def work() -> None:
        api = OverNetwork(url)
        while not over.is_set():
            load.note("GET", api.get(LIST).status)
            if writes:
                name = fresh("vol")
                load.note("POST", api.post(f"{LIST}/{name}", volume_body(name)).status)
                load.note("DELETE", api.delete(f"{LIST}/{name}").status)

    clients = [threading.Thread(target=work) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        over.set()
        for client in clients:
            client.join(60)


def test_replicas_are_replaced_without_a_failed_request(redis: RedisServer, tmp_path: Path) -> None:
    with OntapSimulator() as filer:
        settings = {"SAPI_BACKENDS": netapp_entry(filer), "SAPI_REDIS_URL": redis.url}
        with (
            pair(settings, tmp_path) as replicas,
            under_load(replicas.url, writes=True) as load,
        ):
            for name, replica in replicas.both.items():
                replicas.proxy.drain(name)
                replica.end()
                replica.start()
                replicas.proxy.ready(name)
                served = replicas.proxy.requests(name)
                wait_for(lambda: replicas.proxy.requests(name) > served + 10)  # noqa: B023
    assert load.failed() == {}
    assert {method for method, _ in load.counts} == {"GET", "POST", "DELETE"}
    assert min(load.counts.values()) > 10


def test_a_replica_that_dies_costs_no_read(redis: RedisServer, tmp_path: Path) -> None:
    with OntapSimulator() as filer:
        settings = {"SAPI_BACKENDS": netapp_entry(filer), "SAPI_REDIS_URL": redis.url}
        with (
            pair(settings, tmp_path) as replicas,
            under_load(replicas.url, writes=False) as load,
        ):
            wait_for(lambda: sum(load.counts.values()) > 50)
            os.killpg(replicas.one.server.pid, signal.SIGKILL)
            wait_for(lambda: not replicas.proxy.is_up("one"))
            sent = sum(load.counts.values())
            wait_for(lambda: sum(load.counts.values()) > sent + 50)
    assert load.failed() == {}
