"""What goes wrong when it is ordered to."""

import time
from typing import Any

import pytest
import requests

from tests.simulators.checks.ontap.caller import VOLUMES, WAIT, Caller, new_volume
from tests.simulators.ontap import OntapSimulator

PATH = f"/api{VOLUMES}"


@pytest.mark.parametrize(
    ("kind", "made"),
    [("cut-before", 0), ("cut-after", 1), ("cut-within", 1), ("hang", 0)],
)
def test_a_connection_ends_before_or_after_the_work(
    sim: OntapSimulator, call: Caller, kind: Any, made: int
) -> None:
    order = sim.faults.add(method="POST", path=PATH, kind=kind, seconds=0.1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call("POST", f"{VOLUMES}?{WAIT}", new_volume(sim, "vol"))
    assert (order.hits, len(sim.volumes()), sim.faults.pending) == (1, made, [])
    assert call("GET", VOLUMES).json()["num_records"] == made
    assert [request.method for request in sim.requests] == ["POST", "GET"]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_status_comes_without_json(sim: OntapSimulator, call: Caller, status: int) -> None:
    sim.faults.add(kind="status", status=status, retry_after=3)
    answer = call("GET", VOLUMES)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "3")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert call("GET", VOLUMES).status_code == 200


def test_a_code_is_given_as_often_as_ordered(sim: OntapSimulator, call: Caller) -> None:
    sim.faults.add(method="POST", kind="code", code=2621573, text="Locked.", times=2, after=1)
    codes = [
        call.code("POST", f"{VOLUMES}?{WAIT}", new_volume(sim, f"vol{number}"))
        for number in range(4)
    ]
    assert codes == ["", "2621573", "2621573", ""]


def test_bodies_are_spoiled(sim: OntapSimulator, call: Caller) -> None:
    for kind in ("truncate", "garbage"):
        sim.faults.add(kind=kind)
        answer = call("GET", VOLUMES)
        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()
    sim.faults.add(kind="garbage", body='{"records": 7}', content_type="application/json")
    assert call("GET", VOLUMES).json() == {"records": 7}


def test_faults_wait_for_their_request(sim: OntapSimulator, call: Caller) -> None:
    sim.add_volume("vol")
    sim.faults.add(path=f"{PATH}/*", kind="status")
    sim.faults.add(query="name=other", kind="status")
    assert call.names(f"{VOLUMES}?name=vol") == ["vol"]
    assert call("GET", f"{VOLUMES}?svm.name=vs1&name=other").status_code == 503
    assert call("GET", f"{VOLUMES}/{sim.volume('vol').uuid}").status_code == 503


def test_calls_are_slow(sim: OntapSimulator, call: Caller) -> None:
    began = time.monotonic()
    sim.faults.add(kind="slow", seconds=0.2)
    sim.settings.latency = 0.1
    assert call("GET", VOLUMES).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_what_hangs_ends_with_the_simulator() -> None:
    with OntapSimulator() as sim:
        sim.faults.add(kind="hang")
        caller = Caller(sim)
        with pytest.raises(requests.Timeout):
            caller._session.get(f"{sim.url}{PATH}", timeout=0.2)
        caller.close()
        began = time.monotonic()
    assert time.monotonic() - began < 2


def test_connections_are_kept_and_ended(sim: OntapSimulator, call: Caller) -> None:
    for _ in range(5):
        call("GET", VOLUMES)
    assert sim.connections == 1
    for _ in range(100):
        call("GET", f"{VOLUMES}?return_records=false")
    assert sim.connections == 2
    sim.drop_connections()
    assert call("GET", VOLUMES).status_code == 200
    assert sim.connections == 3


def test_what_was_asked_can_be_read(sim: OntapSimulator, call: Caller) -> None:
    call("POST", f"{VOLUMES}?{WAIT}", new_volume(sim, "vol"))
    (request,) = sim.requests
    assert (request.method, request.path, request.query) == ("POST", PATH, WAIT)
    assert b'"vol"' in request.body
    assert request.account == sim.username
    assert request.headers["accept"] == "application/json"
    sim.forget_requests()
    assert sim.requests == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": 1e999}', b"\xff"])
def test_bad_json_is_refused(sim: OntapSimulator, call: Caller, body: bytes) -> None:
    answer = call._session.post(f"{sim.url}{PATH}", data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"]
