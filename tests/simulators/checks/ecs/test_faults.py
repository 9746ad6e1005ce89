"""What goes wrong when it is ordered to, and what the simulator remembers."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.simulators.checks.ecs.caller import NAMESPACES, Caller
from tests.simulators.ecs import EcsSimulator


@pytest.mark.parametrize(
    ("kind", "made"), [("cut-before", []), ("cut-after", ["ns1"]), ("cut-within", ["ns1"])]
)
def test_a_connection_ends_before_or_after_the_work(
    sim: EcsSimulator, call: Caller, kind: Any, made: list[str]
) -> None:
    sim.faults.add(method="POST", path=NAMESPACES, kind=kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call.new_namespace()
    assert (sim.namespaces(), sim.faults.pending) == (made, [])


def test_the_front_end_answers_in_html(sim: EcsSimulator, call: Caller) -> None:
    sim.faults.add(kind="status", status=503, retry_after=30)
    answer = call("GET", "/object/namespaces")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.headers["Content-Type"] == "text/html"
    assert call("GET", "/object/namespaces").status_code == 200


@pytest.mark.parametrize(
    ("code", "status"), [(6503, 503), (30026, 503), (7000, 500), (6000, 503), (8000, 500)]
)
def test_a_code_brings_its_status(sim: EcsSimulator, call: Caller, code: int, status: int) -> None:
    sim.faults.add(method="POST", kind="code", code=code, text="Busy.", retry_after=3, times=2)
    body = {"namespace": "ns1"}
    assert call.refused("POST", NAMESPACES, body) == (status, code)
    answer = call("POST", NAMESPACES, body, Accept=None)
    assert f"<code>{code}</code>" in answer.text
    assert answer.headers["Retry-After"] == "3"
    assert sim.namespaces() == []


def test_even_the_login_fails(sim: EcsSimulator, call: Caller) -> None:
    sim.faults.add(path="/login", kind="code", code=30026)
    assert call.login(sim.username, sim.password).status_code == 503


def test_bodies_are_spoiled(sim: EcsSimulator, call: Caller) -> None:
    for kind in ("truncate", "garbage"):
        sim.faults.add(kind=kind)
        with pytest.raises(requests.exceptions.JSONDecodeError):
            call("GET", "/object/namespaces").json()


def test_what_hangs_ends_with_the_simulator() -> None:
    with EcsSimulator() as sim:
        call = Caller(sim)
        sim.faults.add(kind="hang")
        with pytest.raises(requests.Timeout):
            call.session.get(f"{sim.url}/user/whoami", timeout=0.2)
        call.close()
        began = time.monotonic()
    assert time.monotonic() - began < 2


def test_the_peak_is_remembered(sim: EcsSimulator) -> None:
    callers = [Caller(sim) for _ in range(3)]
    sim.settings.latency = 0.3
    assert sim.peak == 1
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: one("GET", "/object/namespaces"), callers))
    assert sim.peak == 3
    for caller in callers:
        caller.close()


def test_of_those_who_make_the_same_one_succeeds(sim: EcsSimulator) -> None:
    callers = [Caller(sim) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda one: one("POST", NAMESPACES, {"namespace": "ns1"}), callers)
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    for caller in callers:
        caller.close()


def test_what_was_asked_can_be_read(sim: EcsSimulator, call: Caller) -> None:
    sim.forget_requests()
    call.new_namespace()
    (request,) = sim.requests
    assert (request.method, request.path, request.account) == ("POST", NAMESPACES, sim.username)
    assert b'"ns1"' in request.body
    assert sim.connections == 1
