import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.simulators.checks.waldur.caller import Caller, Callers
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project

RESOURCES = "marketplace-provider-resources/"
PATH = f"/api/{RESOURCES}"


def test_an_answer_may_break_off_within_a_page(sim: WaldurSimulator, provider: Caller) -> None:
    sim.seed(30)
    sim.faults.add(kind="cut-within", path=PATH, query="page=2")

    assert provider.get(RESOURCES, "page=1").ok
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        provider.get(RESOURCES, "page=2")
    assert len(provider.get(RESOURCES, "page=2").json()) == 10


def test_an_answer_may_be_half_or_foreign(sim: WaldurSimulator, provider: Caller) -> None:
    sim.seed(3)
    sim.faults.add(kind="truncate")
    sim.faults.add(kind="garbage", after=1)
    sim.faults.add(kind="garbage", body=b'{"x": 1}', content_type="application/json")

    with pytest.raises(requests.exceptions.JSONDecodeError):
        provider.get(RESOURCES).json()
    assert provider.get(RESOURCES).json() == {"x": 1}
    assert provider.get(RESOURCES).headers["Content-Type"] == "text/html"
    assert len(provider.get(RESOURCES).json()) == 3


def test_a_cut_comes_before_or_after_the_work(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    sim.faults.add(kind="cut-before", method="POST", path=f"{PATH}*/set_backend_id/")
    sim.faults.add(kind="cut-after", method="POST", path=f"{PATH}*/set_backend_id/")
    path = f"{RESOURCES}{resource.uuid}/set_backend_id/"

    ids = []
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            provider.post(path, {"backend_id": "/x"})
        ids.append(resource.backend_id)

    assert ids == ["", "/x"]


def test_statuses(sim: WaldurSimulator, provider: Caller) -> None:
    sim.faults.add(kind="status", status=500, times=2)
    sim.faults.add(kind="status", retry_after=7, path="/api/users/*")

    answers = [provider.get("users/me/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [500, 500, 503, 200]
    assert answers[2].headers["Retry-After"] == "7"
    assert [call.status for call in sim.requests] == [500, 500, 503, 200]


def test_a_late_answer_and_none(sim: WaldurSimulator, provider: Caller) -> None:
    sim.faults.add(kind="slow", seconds=0.2)
    sim.faults.add(kind="hang")
    start = time.monotonic()

    assert provider.get("users/me/").ok
    assert time.monotonic() - start >= 0.2
    with pytest.raises(requests.ReadTimeout):
        provider.session.get(f"{sim.url}/api/users/me/", timeout=0.2)
    sim.faults.add(kind="hang", times=None)
    sim.faults.clear()
    assert provider.get("users/me/").ok


def test_latency_is_paid_side_by_side(sim: WaldurSimulator, called_by: Callers) -> None:
    sim.latency = 0.3
    callers = [called_by(sim.token) for _ in range(8)]
    start = time.monotonic()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda caller: caller.get("users/me/").ok, callers))

    assert answers == [True] * 8
    assert 0.3 <= time.monotonic() - start < 1.5


def test_it_may_go_away_and_come_back(sim: WaldurSimulator, provider: Caller) -> None:
    assert provider.get("users/me/").ok
    with sim.down(), pytest.raises(requests.ConnectionError):
        provider.get("users/me/")

    assert provider.get("users/me/").ok


def test_calls_are_logged(sim: WaldurSimulator, provider: Caller, called_by: Callers) -> None:
    provider.get("users/me/", "field=uuid&field=username")
    called_by("0" * 40).post("marketplace-orders/", {"a": 1})

    first, second = sim.requests
    assert (first.account, first.status, first.query) == (
        "provider",
        200,
        {"field": ["uuid", "username"]},
    )
    assert (second.account, second.status, second.json) == (None, 401, {"a": 1})
    assert second.headers["authorization"] == f"Token {'0' * 40}"
    assert [call.path for call in sim.calls("GET", "/api/users/*")] == ["/api/users/me/"]


def test_of_two_approvals_at_once_one_wins(
    sim: WaldurSimulator, project: Project, called_by: Callers
) -> None:
    order = sim.create(sim.offering("vast"), project)
    callers = [called_by(sim.token) for _ in range(8)]
    path = f"marketplace-orders/{order.uuid}/approve_by_provider/"

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda caller: caller.post(path).status_code, callers))

    assert statuses == [200] + [409] * 7
