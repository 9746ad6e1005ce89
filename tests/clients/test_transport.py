"""What is sent again and what never is; what goes wrong, and what that tells."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from storage_api_client import (
    AlreadyExists,
    ApiError,
    Backend,
    Client,
    ConfigurationError,
    Conflict,
    Forbidden,
    Full,
    Invalid,
    NotFound,
    NotSupported,
    Unavailable,
)
from tests.clients.scripted import Answer, problem, scripted
from tests.servers import free_port

CUT = Answer(cut=True)
BUSY = problem(503, "backend-unavailable", retryable=True, Retry_After="0")

_REPEATED: dict[str, Callable[[Backend], Any]] = {
    "GET": lambda backend: backend.capacity(),
    "PUT": lambda backend: backend.buckets.set_quota("bucket", max_bytes=1),
    "a create that finds what it made": lambda backend: backend.buckets.create("b", owner="o"),
    "an order that stays approved": lambda backend: backend.orders("v").approve("0f"),
}
_NEVER: dict[str, Callable[[Backend], Any]] = {
    "a key": lambda backend: backend.users.keys("alice").create(),
    "a rotation": lambda backend: backend.users.keys("alice").rotate("AK"),
    "a volume": lambda backend: backend.volumes.create("v", size_total=1),
    "a roll-back": lambda backend: backend.volumes.rollback("v", "s"),
    "a snapshot": lambda backend: backend.snapshots("v").create("s"),
    "a change": lambda backend: backend.volumes.update("v", size_total=1),
    "a new name": lambda backend: backend.volumes.set_backend_id("v", "/w"),
}


@pytest.mark.parametrize(
    "failure", [CUT, BUSY, Answer(502, b"<html>proxy")], ids=["cut", "busy", "proxy"]
)
@pytest.mark.parametrize("call", sorted(_REPEATED))
def test_what_may_be_repeated_is(call: str, failure: Answer) -> None:
    with scripted(failure) as service, Client(service.url) as client:
        _REPEATED[call](client.backend("dummy"))
    assert len(service.heard) == 2


@pytest.mark.parametrize("failure", [CUT, BUSY, Answer(504, b"")], ids=["cut", "busy", "slow"])
@pytest.mark.parametrize("call", sorted(_NEVER))
def test_what_may_have_happened_is_not_done_again(call: str, failure: Answer) -> None:
    with (
        scripted(failure) as service,
        Client(service.url) as client,
        pytest.raises(Unavailable) as caught,
    ):
        _NEVER[call](client.backend("dummy"))
    assert len(service.heard) == 1
    assert caught.value.may_have_happened


def test_what_was_never_sent_may_be_sent_again_whatever_it_is() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, retries=1) as client:
        started = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            client.backend("dummy").users.keys("alice").create()
    assert time.monotonic() - started > 0.2
    assert (caught.value.status, caught.value.may_have_happened) == (0, False)


def test_what_will_not_pass_is_not_tried_again() -> None:
    refused = problem(502, "backend-refused")
    with scripted(refused) as service, Client(service.url) as client, pytest.raises(Unavailable):
        client.backend("dummy").capacity()
    assert len(service.heard) == 1


def test_a_pause_that_the_service_wants_is_made() -> None:
    busy = problem(503, "backend-unavailable", retryable=True, Retry_After="1")
    with scripted(busy) as service, Client(service.url) as client:
        started = time.monotonic()
        client.backend("dummy").capacity()
    assert time.monotonic() - started >= 1


def test_a_pause_that_is_too_long_is_the_callers_to_make() -> None:
    busy = problem(503, "backend-unavailable", retryable=True, Retry_After="3600")
    with (
        scripted(busy) as service,
        Client(service.url) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.backend("dummy").capacity()
    assert caught.value.retry_after == 3600
    assert len(service.heard) == 1


def test_a_deletion_whose_answer_was_lost_has_not_failed() -> None:
    with scripted(CUT, problem(404, "not-found")) as service, Client(service.url) as client:
        client.backend("dummy").snapshots("v").delete("s")
        service.script.append(problem(404, "not-found"))
        with pytest.raises(NotFound):
            client.backend("dummy").snapshots("v").delete("s")
    assert service.methods == ["DELETE"] * 3


def test_nobody_waits_for_ever() -> None:
    with (
        scripted(Answer(after=1.5)) as service,
        Client(service.url, timeout=0.3) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.request("POST", "/v3/dummy/volumes/v", json={})
    assert (caught.value.code, caught.value.may_have_happened) == ("timeout", True)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid", Invalid),
        (400, "already-exists", AlreadyExists),
        (400, "lock-held", Conflict),
        (401, "unauthorized", Forbidden),
        (403, "forbidden", Forbidden),
        (404, "not-found", NotFound),
        (409, "conflict", Conflict),
        (409, "already-exists", AlreadyExists),
        (501, "not-supported", NotSupported),
        (507, "backend-full", Full),
        (500, "internal-error", ApiError),
    ],
)
def test_problems_are_exceptions(status: int, code: str, kind: type[ApiError]) -> None:
    with (
        scripted(problem(status, code)) as service,
        Client(service.url) as client,
        pytest.raises(ApiError) as caught,
    ):
        client.backends()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, code)
    assert str(caught.value) == f"It is {code}."
    assert caught.value.request_id


def test_a_page_of_html_is_no_answer() -> None:
    with (
        scripted(Answer(200, b"<html>sign on")) as service,
        Client(service.url) as client,
        pytest.raises(ApiError, match="address"),
    ):
        client.backends()


@pytest.mark.parametrize("place", ["//evil.example/x", "https://evil.example/", "/elsewhere"])
def test_nothing_follows_a_redirection(place: str) -> None:
    moved = Answer(308, headers={"Location": place})
    with (
        scripted(moved) as service,
        Client(service.url, token="secret-token") as client,
        pytest.raises(ApiError, match="redirects"),
    ):
        client.backends()
    assert len(service.heard) == 1


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "evil", ""])
def test_a_path_cannot_change_the_host(path: str) -> None:
    with (
        Client("http://127.0.0.1:1", token="t", retries=0) as client,
        pytest.raises(ConfigurationError),
    ):
        client.request("GET", path)


@pytest.mark.parametrize("name", ["", "..", "a/../b", "a//b", "/a", "a/", "."])
def test_a_name_cannot_change_the_path(name: str) -> None:
    backend = Client("http://127.0.0.1:1", retries=0).backend("dummy")
    for call in (backend.volumes.get, backend.exports.get, backend.buckets.get):
        with pytest.raises(ConfigurationError):
            call(name)


def test_a_volumes_name_cannot_mean_a_snapshot() -> None:
    backend = Client("http://127.0.0.1:1", retries=0).backend("dummy")
    for name in ("a/snapshots/b", "a/locks/h", "a/orders", "x/options"):
        with pytest.raises(ConfigurationError):
            backend.volumes.delete(name)
    with pytest.raises(ConfigurationError):
        backend.exports.delete("a/rule/b")
    with pytest.raises(ConfigurationError):
        backend.buckets.delete("a/quota")


def test_pages_are_followed_within_the_list_that_was_asked_for() -> None:
    link = '<https://evil.example/v3/x?marker=bWFyaw%3D%3D>; rel="next"'
    first = Answer(body=[{"name": "a"}], headers={"Link": link})
    with scripted(first, Answer(body=[{"name": "b"}])) as service, Client(service.url) as client:
        found = [volume["name"] for volume in client.backend("dummy").volumes.list(name="*")]
    assert found == ["a", "b"]
    (_, one, _), (_, two, _) = service.heard
    assert one == "/v3/dummy/volumes?limit=10000&name=%2A"
    assert two == f"{one}&marker=bWFyaw%3D%3D"
