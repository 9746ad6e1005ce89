"""Redis killed, hung and started again under two replicas: nothing is lost, nothing done twice."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.secrets import Secret
from storage_api.transport.shared_redis import SharedRedis
from storage_api.transport.stamp import Stamp
from storage_api.transport.turns import Turns
from tests.api.callers import call
from tests.conformance.client import Answer, OverNetwork, fresh
from tests.conformance.target import volume_body
from tests.conformance.test_netapp import netapp_entry
from tests.jobs.lab import wait_for
from tests.servers import free_port, service
from tests.services.redis import PASSWORD, RedisServer, redis_server
from tests.services.replicas import Pair, pair
from tests.simulators.ontap import OntapSimulator

LIST = "/v3/filer/volumes"


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, free_port()) as server:
        yield server


@pytest.fixture
def filer() -> Iterator[OntapSimulator]:
    with OntapSimulator() as filer:
        yield filer


@pytest.fixture
def replicas(own_redis: RedisServer, filer: OntapSimulator, tmp_path: Path) -> Iterator[Pair]:
    settings = {"SAPI_BACKENDS": netapp_entry(filer), "SAPI_REDIS_URL": own_redis.url}
    with pair(settings, tmp_path) as replicas:
        yield replicas


def make(api: OverNetwork, name: str) -> Answer:
    """Takes no lock: the filer itself makes each name once."""
    return api.post(f"{LIST}/{name}", volume_body(name))


def change(api: OverNetwork, name: str) -> Answer:
    """Reads, and writes what follows from that: nobody else may do so meanwhile."""
    return api.patch(f"{LIST}/{name}", {"percentage_snapshot_reserve": 7})


def assert_refused(answer: Answer) -> None:
    """The caller knows that nothing was done, and when to come again."""
    problem = answer.expect(503)
    assert problem["retryable"] is True
    assert "Redis" in problem["detail"]
    assert PASSWORD not in problem["detail"]
    assert int(answer.headers["Retry-After"]) > 0


def names(api: OverNetwork) -> set[str]:
    return {row["name"] for row in api.get(LIST).expect(200)}


def test_while_redis_is_gone_reads_go_on_and_what_needs_a_lock_waits(
    replicas: Pair, own_redis: RedisServer, filer: OntapSimulator, tmp_path: Path
) -> None:
    api = OverNetwork(replicas.url)
    make(api, "before").expect(201)
    own_redis.process.kill()
    own_redis.process.wait()
    filer.forget_requests()
    for _ in range(4):
        assert_refused(change(api, "before"))
        assert names(api) == {"before"}
        assert api.get("/health/ready").expect(200)["status"] == "ready"
    assert {request.method for request in filer.requests} == {"GET"}
    make(api, "during").expect(201)
    port = int(own_redis.url.rpartition(":")[2].partition("/")[0])
    with redis_server(tmp_path, port):
        wait_for(lambda: change(api, "before").status == 200)
        one, two = (OverNetwork(replica.url) for replica in replicas.both.values())
        wait_for(lambda: names(one) == names(two) == {"before", "during"})
    for replica in replicas.both.values():
        log = replica.log()
        assert log.count('"redis-down"') == 1
        assert PASSWORD not in log


def test_nobody_waits_long_for_a_redis_that_hangs(replicas: Pair, own_redis: RedisServer) -> None:
    api = OverNetwork(replicas.url)
    make(api, "before").expect(201)
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        for _ in range(3):
            began = time.monotonic()
            assert names(api) == {"before"}
            assert_refused(change(api, "before"))
            assert time.monotonic() - began < 5
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    wait_for(lambda: change(api, "before").status == 200)


def test_readiness_tells_that_redis_is_away_and_stays() -> None:
    app = service({"SAPI_REDIS_URL": "redis://:a-password@127.0.0.1:9/0"})
    answer = call(app, "GET", "/health/ready")
    told = answer.get_json()
    assert (answer.status_code, told["status"]) == (200, "ready")
    assert told["replicas"]["status"] == "down"
    assert "503" in told["replicas"]["detail"]
    assert "a-password" not in answer.get_data(as_text=True)


def test_readiness_tells_who_stands_alone() -> None:
    told = call(service(), "GET", "/health/ready").get_json()["replicas"]
    assert told["status"] == "up"
    assert "SAPI_REDIS_URL" in told["detail"]


def test_readiness_warns_of_a_redis_that_forgets(tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        app = service({"SAPI_REDIS_URL": redis.url})
        told = call(app, "GET", "/health/ready").get_json()["replicas"]
    assert told["status"] == "up"
    assert "appendonly" in told["detail"]


def test_readiness_tells_that_redis_takes_no_changes(tmp_path: Path) -> None:
    """One that is full still answers questions, but nobody gets a lock."""
    with redis_server(tmp_path) as redis:
        _command(redis, "CONFIG", "SET", "maxmemory", "1")
        app = service({"SAPI_REDIS_URL": redis.url})
        told = call(app, "GET", "/health/ready").get_json()["replicas"]
    assert told["status"] == "down"
    assert "503" in told["detail"]


def test_a_redis_that_is_full_is_asked_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it refuses is no reason to leave questions to memory that may be old."""
    with redis_server(tmp_path) as redis:
        service({"SAPI_REDIS_URL": redis.url})  # which begins to log
        shared = SharedRedis(Secret(redis.url))
        ours, theirs = Stamp(fresh("stamp"), redis=shared), Turns(shared)
        _command(redis, "CONFIG", "SET", "maxmemory", "1")
        for _ in range(3):
            with pytest.raises(BackendUnavailable, match="Nothing is changed"):
                theirs.turn("t").__enter__()
            assert not shared.is_down
        _command(redis, "CONFIG", "SET", "maxmemory", "0")
        before = ours.read()
        ours.advance()
        assert ours.read() > before
    assert capfd.readouterr().out.count('"redis-refuses"') == 1


def test_a_redis_that_keeps_its_state_to_itself_is_well(tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        _command(redis, "ACL", "SETUSER", "default", "-info")
        app = service({"SAPI_REDIS_URL": redis.url})
        told = call(app, "GET", "/health/ready").get_json()["replicas"]
    assert (told["status"], told.get("detail")) == ("up", None)


def _command(server: RedisServer, *words: str) -> None:
    with Redis.from_url(server.url) as client:
        client.execute_command(*words)
