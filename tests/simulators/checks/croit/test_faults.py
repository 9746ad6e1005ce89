"""What goes wrong by order."""

import json
import time

import pytest
import requests

from tests.simulators.checks.croit.caller import Caller, at
from tests.simulators.croit import CroitSimulator


def test_a_fault_in_croit_s_words(memory: CroitSimulator, alone: Caller) -> None:
    memory.refuse("GET", "/api/s3/users", 401, "token expired", after=1)
    alone.get("/s3/users").expect(200)
    assert alone.get("/s3/users").expect(401)["message"] == "token expired"
    alone.get("/s3/users").expect(200)


def test_an_answer_may_be_lost(memory: CroitSimulator, alone: Caller) -> None:
    memory.faults.add(kind="cut-after", method="POST", path="/api/s3/users")
    with pytest.raises(requests.ConnectionError):
        alone.post("/s3/users", {"uid": "made", "name": "x"})
    alone.post("/s3/users", {"uid": "made", "name": "x"}).expect(409)


@pytest.mark.parametrize("kind", ["truncate", "garbage"])
def test_an_answer_may_be_no_json(memory: CroitSimulator, alone: Caller, kind: str) -> None:
    memory.faults.add(kind=kind)  # type: ignore[arg-type]
    with pytest.raises(requests.exceptions.JSONDecodeError):
        alone.get("/s3/users")


def test_answers_may_be_late(memory: CroitSimulator, alone: Caller) -> None:
    memory.latency = 0.2
    began = time.monotonic()
    alone.get("/s3/users").expect(200)
    assert time.monotonic() - began >= 0.2


def test_it_comes_back_at_the_same_place(memory: CroitSimulator, alone: Caller) -> None:
    alone.new_user(uid="kept")
    with memory.down(), pytest.raises(requests.ConnectionError):
        alone.get("/s3/users")
    assert alone.user("kept")["uid"] == "kept"


def test_requests_are_kept(memory: CroitSimulator, alone: Caller) -> None:
    alone.put(at("nobody", "keys", "K"), secretKey="x y")
    alone.post("/s3/users", {"uid": "u", "name": "N"})
    alone.session.headers.pop("Authorization")
    alone.get("/s3/users")
    put, post, get = memory.requests
    assert (put.method, put.path, put.query) == (
        "PUT",
        "/api/s3/users/nobody/keys/K",
        {"secretKey": ["x y"]},
    )
    assert (post.json, post.account, post.status) == ({"uid": "u", "name": "N"}, "tests", 201)
    assert (get.account, get.status) == (None, 401)
    assert memory.calls("GET", "/api/s3/*") == [get]


def test_rates_are_enforced_when_a_test_wants_it(memory: CroitSimulator, alone: Caller) -> None:
    uid = alone.new_user()
    memory.settings.limits_rates = True
    for number in range(10):
        alone.put(at(uid, "keys", f"K{number}"), secretKey="x").expect(204)
    late = alone.put(at(uid, "keys", "K10"), secretKey="x")
    late.expect(429)
    assert 0 < int(late.headers["Retry-After"]) <= 301
    alone.get(at(uid, "keys")).expect(200)
    memory.clock.advance(301)
    alone.put(at(uid, "keys", "K10"), secretKey="x").expect(204)


def test_it_speaks_tls() -> None:
    with CroitSimulator(tls=True) as sim, requests.Session() as session:
        assert sim.url.startswith("https://")
        session.headers["Authorization"] = f"Bearer {sim.token}"
        url = f"{sim.url}/api/s3/users"
        with pytest.raises(requests.exceptions.SSLError):
            session.get(url, timeout=10)
        assert session.get(url, timeout=10, verify=str(sim.ca_file)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        json.dumps("x"),
        "[" * 5000,
        "\ud83e".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_odd_bodies_are_refused(alone: Caller, body: str) -> None:
    reply = alone.session.post(f"{alone.url}/api/s3/users", data=body.encode("latin-1"), timeout=10)
    assert (reply.status_code, reply.json()["code"]) == (400, 400)
