"""Turns and stamps on a real Redis: kept while held, over when lost, never taken twice."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import TRIP_AFTER, Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.leases import RedisLeases
from storage_api.transport.shared_redis import SharedRedis
from storage_api.transport.stamp import Stamp
from storage_api.transport.turns import TurnLost, Turns
from tests.conformance.client import fresh
from tests.jobs.lab import wait_for
from tests.services.redis import RedisServer, redis_server

_SHORT = 0.5


@pytest.fixture
def shared(redis: RedisServer) -> SharedRedis:
    return SharedRedis(Secret(redis.url))


class Vendor(ThreadingHTTPServer):
    """Notes what reaches it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []

    def client(self) -> HttpClient:
        settings = TransportSettings("vendor", connect_timeout=2, read_timeout=2, concurrency=2)
        return HttpClient(settings, Gate("vendor", 2))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def _note(self) -> None:
        self.server.seen.append(self.command)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _note  # noqa: N815  # how http.server finds them

    def log_message(self, *_args: object) -> None:
        """Silent."""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        threading.Thread(target=vendor.serve_forever, args=(0.02,), daemon=True).start()
        yield vendor
        vendor.shutdown()


def test_a_turn_is_kept_for_as_long_as_it_is_held(redis: RedisServer) -> None:
    one, two = (Turns(SharedRedis(Secret(redis.url)), _SHORT) for _ in range(2))
    name, order = fresh("turn"), []

    def second() -> None:
        with two.turn(name):
            order.append("second")

    with one.turn(name):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(3 * _SHORT)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_the_turn_of_a_process_that_died_runs_out(shared: SharedRedis) -> None:
    name = fresh("turn")
    with shared.asking() as client:
        dead = RedisLeases(client, _SHORT).take(name)
    assert dead is not None
    began = time.monotonic()
    with Turns(shared, _SHORT).turn(name):
        assert _SHORT / 2 < time.monotonic() - began < 5


def test_who_lost_a_turn_sends_no_write_any_more(tmp_path: Path, vendor: Vendor) -> None:
    client = vendor.client()
    with redis_server(tmp_path) as redis:
        turns = Turns(SharedRedis(Secret(redis.url)), _SHORT)
        with turns.turn(fresh("turn")):
            client.request("POST", vendor.url, repeatable=False)
            redis.end()
            wait_for(lambda: _is_refused(client, vendor.url))
            client.request("GET", vendor.url, repeatable=True)
            sent = len(vendor.seen)
            with pytest.raises(TurnLost, match="sent again") as lost:
                client.request("POST", vendor.url, repeatable=True)
            assert (lost.value.status, lost.value.retryable) == (503, True)
            assert lost.value.retry_after
            assert len(vendor.seen) == sent
    # What comes after is no business of that turn.
    client.request("POST", vendor.url, repeatable=False)


def test_a_turn_that_was_lost_while_waiting_for_a_place_is_noticed(
    tmp_path: Path, vendor: Vendor
) -> None:
    """Waiting for a place at the vendor may take as long as the rest of a turn."""
    gate = Gate("vendor", 1)
    settings = TransportSettings("vendor", connect_timeout=2, read_timeout=2, concurrency=1)
    client = HttpClient(settings, gate)
    with redis_server(tmp_path) as redis:
        turns = Turns(SharedRedis(Secret(redis.url)), _SHORT)
        with turns.turn(fresh("turn")):
            leave = threading.Event()
            busy = threading.Thread(target=_keep_busy, args=(gate, leave))
            busy.start()
            redis.end()
            threading.Timer(2 * _SHORT, leave.set).start()
            for _ in range(TRIP_AFTER):
                with pytest.raises(TurnLost):
                    client.request("POST", vendor.url, repeatable=True)
            busy.join()
    assert not vendor.seen
    # None of that was the vendor's fault.
    client.request("POST", vendor.url, repeatable=False)


def _keep_busy(gate: Gate, leave: threading.Event) -> None:
    with gate.enter():
        leave.wait(10)


def _is_refused(client: HttpClient, url: str) -> bool:
    try:
        client.request("POST", url, repeatable=False)
    except TurnLost:
        return True
    return False


def test_a_turn_that_another_took_is_lost(shared: SharedRedis, vendor: Vendor) -> None:
    """As after a Redis that forgot everything."""
    name, client = fresh("turn"), vendor.client()
    with Turns(shared, _SHORT).turn(name):
        with shared.asking() as asked:
            asked.flushall()
            assert RedisLeases(asked, 60).take(name) is not None
        wait_for(lambda: _is_refused(client, vendor.url))
    with shared.asking() as asked:
        assert RedisLeases(asked, 60).is_taken(name)


def test_without_redis_nobody_gets_a_turn() -> None:
    turns = Turns(SharedRedis(Secret("redis://127.0.0.1:9/0")))
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match="Nothing is changed") as refused:
            turns.turn("t").__enter__()
        assert refused.value.retry_after


def test_a_change_is_seen_by_all_also_after_redis_has_forgotten(redis: RedisServer) -> None:
    name = fresh("stamp")
    ours, theirs = (Stamp(name, redis=SharedRedis(Secret(redis.url))) for _ in range(2))
    with SharedRedis(Secret(redis.url)).asking() as client:
        for _ in range(3):
            before = theirs.read()
            ours.advance()
            assert theirs.read() > before
            assert theirs.read() == theirs.read()
            client.flushall()
            assert theirs.read() >= before


def test_a_change_that_redis_missed_is_told_when_it_is_back(tmp_path: Path) -> None:
    name = fresh("stamp")
    with redis_server(tmp_path) as redis:
        port = int(redis.url.rpartition(":")[2].partition("/")[0])
        ours, theirs = (Stamp(name, redis=SharedRedis(Secret(redis.url))) for _ in range(2))
        before = theirs.read()[0]
        redis.end()
        ours.advance()
        with redis_server(tmp_path, port):
            assert wait_for(lambda: (ours.read(), theirs.read()[0])[1] > before)
