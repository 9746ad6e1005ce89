"""Waldur is slow, down, lying, cut: what callers are told, and what is remembered."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from tests.backends.cscs.lab import (
    DOCUMENT,
    LISTING,
    Lab,
    projects,
    read,
    upstream_error,
)
from tests.conformance.client import Answer, Api
from tests.simulators.faults import Kind
from tests.simulators.waldur.http import SimulatorServer
from tests.simulators.waldur.messages import Reply

CUSTOMERS = "/api/marketplace-provider-offerings/*/customers/"
VOLUME = "/v3/cscs/volumes/capstor/store/cscs/climate-lab/climate"
LONG_ENOUGH = 10.0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_ENOUGH
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def listings(lab: Lab) -> int:
    """How often the first page was asked for."""
    return sum("page=1&" in call.target for call in lab.waldur.calls("GET", LISTING))


@pytest.mark.parametrize("path", [LISTING, CUSTOMERS])
@pytest.mark.parametrize("kind", ["status", "garbage", "truncate", "cut-before", "cut-within"])
def test_a_waldur_that_fails_is_502(lab: Lab, api: Api, kind: Kind, path: str) -> None:
    lab.resource()
    lab.waldur.faults.add(kind=kind, path=path, times=None, status=500)
    text = upstream_error(api.get(DOCUMENT))
    assert "cscs (Waldur)" in text or "Waldur sent" in text
    assert lab.waldur.token not in text
    assert "<html>" not in text


def test_on_our_own_routes_it_is_what_it_is(lab: Lab, api: Api) -> None:
    lab.waldur.faults.add(kind="status", path=LISTING, times=None, status=500)
    assert api.get("/v3/cscs/volumes").expect(503)["code"] == "backend-unavailable"


@pytest.mark.parametrize("body", ["{}", "[1]", "null", '"x"', "[", ""])
def test_nonsense_is_502(lab: Lab, api: Api, body: str) -> None:
    lab.waldur.faults.add(
        kind="garbage", path=LISTING, times=None, body=body, content_type="application/json"
    )
    upstream_error(api.get(DOCUMENT))


def test_a_wrong_token_is_told_and_never_shown(lab: Lab) -> None:
    token = "0123456789" * 4
    answer = lab.api(waldur_api_token=token).get(DOCUMENT)
    assert upstream_error(answer) == "cscs (Waldur) does not accept our token."
    subsystem = lab.api(waldur_api_token=token).get("/conf/subsystems/cscs").expect(200)
    assert subsystem["state"] == "down"


@pytest.mark.parametrize("who", ["consumer", "nobody"])
def test_a_token_without_rights_is_no_empty_list(lab: Lab, who: str) -> None:
    lab.resource()
    api = lab.api(waldur_api_token=getattr(lab.waldur, who).token)
    assert "provider of these offerings" in upstream_error(api.get(DOCUMENT))
    subsystem = api.get("/conf/subsystems/cscs").expect(200)
    assert subsystem["state"] == "down"
    assert "capstor" in subsystem["detail"]


def test_a_provider_without_resources_has_an_empty_list(lab: Lab, api: Api) -> None:
    assert read(api)["resources"] == []
    assert api.get("/conf/subsystems/cscs").expect(200)["state"] == "up"


def test_a_waldur_that_is_gone_is_502_and_comes_back(lab: Lab) -> None:
    lab.resource()
    api = lab.api()
    with lab.waldur.down():
        upstream_error(api.get(DOCUMENT))
    assert len(projects(read(api))) == 1


def test_a_page_that_is_cut_is_asked_for_again(lab: Lab, api: Api) -> None:
    lab.seed(2000)
    kinds: list[Kind] = ["cut-within", "status"]
    for kind in kinds:
        lab.waldur.faults.add(kind=kind, path=LISTING, query="page=7&", status=503)
    assert read(api)["pagination"]["total"] > 2000
    lab.waldur.faults.add(kind="cut-within", path=LISTING, query="page=7&", times=None)
    # Otherwise the last list might be served, and said to be old, while attempts go on.
    upstream_error(api.get(DOCUMENT, headers={"Cache-Control": "no-cache"}))


def test_a_list_that_changes_meanwhile_loses_and_doubles_nothing(lab: Lab) -> None:
    lab.seed(700)
    waldur = lab.waldur
    first = next(iter(waldur.store.resources.values()))
    for query, change in (
        ("page=3&", lambda: waldur.remove(first)),
        ("page=2&", lambda: lab.resource("late")),
    ):
        api = lab.api()
        slow = waldur.faults.add(kind="slow", path=LISTING, query=query, seconds=1.0)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(read, api, "?page_size=500")
            # That page is under way, and will be made up after the change, however busy we are.
            until(lambda slow=slow: slow.hits > 0)  # type: ignore[misc]
            change()
            total = answer.result()["pagination"]["total"]
        assert total == read(lab.api())["pagination"]["total"]


def test_one_question_of_many_is_asked(lab: Lab) -> None:
    lab.seed(50)
    api = lab.api(cache_ttl="60")
    lab.waldur.latency = 0.1
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.get(DOCUMENT), range(8)))
    assert len({str(answer.expect(200)) for answer in answers}) == 1
    assert listings(lab) == 1
    again = api.get(f"{DOCUMENT}?status=active")
    assert int(again.headers["Age"]) >= 0
    assert listings(lab) == 1


def test_no_cache_asks_anew(lab: Lab) -> None:
    api = lab.api(cache_ttl="60")
    read(api)
    lab.resource()
    assert projects(read(api)) == []
    fresh = api.get(DOCUMENT, headers={"Cache-Control": "no-cache"}).expect(200)
    assert len(projects(fresh)) == len(projects(read(api))) == 1


def test_a_slow_refresh_serves_the_last_list_and_says_so(lab: Lab) -> None:
    lab.resource()
    api = lab.api(cache_ttl="0.05")
    read(api)
    lab.resource("second")
    lab.waldur.faults.add(kind="hang", path=LISTING, seconds=3)
    time.sleep(0.1)
    began = time.monotonic()
    answer = api.get(DOCUMENT)
    assert len(projects(answer.expect(200))) == 1
    assert time.monotonic() - began < 2.5
    assert int(answer.headers["Age"]) >= 1
    assert answer.headers["Warning"] == '110 storage-api "Response is Stale"'


def test_a_failed_refresh_is_not_hidden_behind_an_old_list(lab: Lab) -> None:
    lab.resource()
    api = lab.api(cache_ttl="0.01")
    read(api)
    with lab.waldur.down():
        time.sleep(0.02)
        # The pauses between attempts are longer than a caller's patience.
        until(lambda: api.get(DOCUMENT).status == 502)
    assert "Warning" not in api.get(DOCUMENT, headers={"Cache-Control": "no-cache"}).headers


def test_those_who_wait_are_bounded(lab: Lab) -> None:
    api = lab.api(concurrency="2")
    lab.waldur.faults.add(kind="hang", path=LISTING, seconds=2)
    refused = threading.Event()

    def ask() -> Answer:
        answer = api.get(DOCUMENT)
        if answer.status == 503:
            refused.set()
        return answer

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask) for _ in range(8)]
        assert refused.wait(1.5)
        answers = [each.result() for each in asked]
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 4 + [503] * 4
    busy = next(answer for answer in answers if answer.status == 503)
    assert upstream_error(busy, 503) == "Too many wait for Waldur already."
    assert busy.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "orders/{order}/approve"),
        ("PUT", "options"),
        ("GET", "orders"),
        ("GET", "?debug=true"),
    ],
)
def test_a_waldur_that_hangs_keeps_few_callers_waiting(lab: Lab, method: str, path: str) -> None:
    """The others' threads are free for other back-ends."""
    api = lab.api(concurrency="2", cache_ttl="600", read_timeout="2")
    order = lab.waldur.change_limits(lab.resource(), 20)
    read(api)
    lab.waldur.faults.add(kind="hang", times=None, seconds=2.5)
    at = DOCUMENT if path.startswith("?") else f"{VOLUME}/"
    url = at + path.format(order=UUID(order.uuid))
    body = {"mode": "2770"} if method == "PUT" else None

    def ask() -> tuple[float, int]:
        began = time.monotonic()
        status = api.request(method, url, json=body).status
        return time.monotonic() - began, status

    with ThreadPoolExecutor(12) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(12)]]
    at_once = [status for seconds, status in answers if seconds < 1]
    assert len(at_once) >= 8
    assert set(at_once) == {503}


class Liar(SimulatorServer):
    """A Waldur that says its list is ``count`` rows long, and shows one on each page."""

    def __init__(self, count: str) -> None:
        row = b'[{"uuid": "0123456789abcdef0123456789abcdef"}]'
        super().__init__(lambda _: Reply(200, row, {"X-Result-Count": count}))


@pytest.mark.parametrize("count", ["9" * 12, "9" * 5000, "-1", "1e3", ""])
def test_a_count_that_cannot_be_true_is_502(lab: Lab, count: str) -> None:
    with Liar(count) as liar:
        text = upstream_error(lab.api(waldur_api_url=liar.url).get(DOCUMENT))
        assert "Waldur" in text
        assert len(liar.requests) < 10


@pytest.mark.parametrize("path", [LISTING, CUSTOMERS])
@pytest.mark.parametrize("status", [301, 400, 403, 404, 409, 429])
def test_an_unexpected_answer_is_never_the_caller_s_fault(
    lab: Lab, api: Api, status: int, path: str
) -> None:
    """Nor is a redirect followed, which would carry our token elsewhere."""
    lab.resource()
    lab.waldur.faults.add(kind="status", path=path, times=None, status=status)
    assert "cscs (Waldur)" in upstream_error(api.get(DOCUMENT))


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_the_address_may_end_in_api(lab: Lab, suffix: str) -> None:
    lab.resource()
    assert len(projects(read(lab.api(waldur_api_url=f"{lab.waldur.url}{suffix}")))) == 1
