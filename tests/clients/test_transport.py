"""What is sent again and what never is; what goes wrong, and what that tells."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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
from tests.simulators.tls import Authority

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


def test_a_change_that_failed_inside_may_have_been_made() -> None:
    failed = problem(500, "internal-error")
    no_json = Answer(201, b"<html>")
    for answer, status in ((failed, 500), (no_json, 201)):
        with (
            scripted(answer) as service,
            Client(service.url) as client,
            pytest.raises(ApiError) as caught,
        ):
            client.backend("dummy").volumes.create("v", size_total=1)
        assert (caught.value.status, caught.value.may_have_happened) == (status, True)


@pytest.mark.parametrize("body", [None, {}, "text", [1], [None]], ids=repr)
def test_a_list_that_is_none_is_told(body: object) -> None:
    with (
        scripted(Answer(body=body)) as service,
        Client(service.url) as client,
        pytest.raises(ApiError, match="address"),
    ):
        list(client.backend("dummy").volumes.list())


@pytest.mark.parametrize("body", [None, [], "text", 1], ids=repr)
def test_a_record_that_is_none_is_told(body: object) -> None:
    with (
        scripted(Answer(body=body)) as service,
        Client(service.url) as client,
        pytest.raises(ApiError, match="address"),
    ):
        client.backend("dummy").volumes.get("v")


def test_pages_that_lead_to_themselves_end() -> None:
    page = Answer(body=[{"name": "a"}], headers={"Link": '</v3/x?marker=bQ%3D%3D>; rel="next"'})
    with (
        scripted(page, page, page) as service,
        Client(service.url) as client,
        pytest.raises(ApiError, match="same"),
    ):
        list(client.backend("dummy").volumes.list())
    assert len(service.heard) == 2


@pytest.mark.parametrize("place", ["https://[broken", "http://a:b@[", "//"])
def test_a_malformed_redirection_is_one_all_the_same(place: str) -> None:
    with (
        scripted(Answer(302, headers={"Location": place})) as service,
        Client(service.url) as client,
        pytest.raises(ApiError, match="redirects"),
    ):
        client.request("POST", "/v3/x")


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.backend("dummy").volumes.get("\udcff"),
        lambda client: list(client.backend("dummy").volumes.list(name="\udcff")),
        lambda client: client.request("POST", "/v3/x", json=float("nan")),
    ],
)
def test_what_cannot_be_sent_is_said_to_be_so(call: Callable[[Client], object]) -> None:
    with Client("http://127.0.0.1:1", retries=0) as client, pytest.raises(ConfigurationError):
        call(client)


def test_an_address_with_a_slip_is_named() -> None:
    with (
        Client("https://storage..example.org") as client,
        pytest.raises(ConfigurationError, match="malformed"),
    ):
        client.backends()
    with (
        Client("https://127.0.0.1:1", verify="/nowhere/ca.pem") as client,
        pytest.raises(ConfigurationError, match="certificates"),
    ):
        client.backends()


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": float("nan")}, {"retries": -1}])
def test_impossible_patience_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Client("http://127.0.0.1:1", **wrong)


def test_many_threads_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        scripted(*[Answer(body=[], after=0.2)] * 30) as service,
        Client(service.url) as client,
        ThreadPoolExecutor(30) as pool,
    ):
        list(pool.map(lambda _: client.backends(), range(30)))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_tls_that_breaks_after_a_change_was_asked_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = authority.server()
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection, contextlib.suppress(OSError):
                    secured = context.wrap_socket(connection, server_side=True)
                    secured.recv(65536)
                    with socket.socket(fileno=secured.detach()) as bare:
                        bare.sendall(b"this is no TLS record")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with (
            Client(url, verify=str(authority.ca_file)) as client,
            pytest.raises(Unavailable) as caught,
        ):
            client.backend("dummy").users.keys("alice").create()
        assert (caught.value.code, caught.value.may_have_happened) == ("tls", True)
        assert "certificate" not in str(caught.value)
        with Client(url) as client, pytest.raises(Unavailable, match="certificate") as caught:
            client.backend("dummy").users.keys("alice").create()
        assert not caught.value.may_have_happened
        thread.join()
