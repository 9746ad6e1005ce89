"""What the vendors' HTTP client does when the other side is slow, lying or not there."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
from requests.auth import AuthBase

from storage_api.domain.errors import BackendMisbehaved, BackendTimeout, BackendUnavailable
from storage_api.transport.context import serving
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings


class NoAuth(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def client(*, read_timeout: float = 1.0) -> HttpClient:
    settings = TransportSettings("the vendor", 1.0, read_timeout, 4)
    return HttpClient(settings, Gate("the vendor", 4), NoAuth())


@contextmanager
def vendor(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does to each connection what ``serve`` says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drip(connection: socket.socket) -> None:
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            try:
                connection.sendall(b"x")
            except OSError:
                return
            time.sleep(0.1)


def test_an_answer_that_drips_ends_with_the_time_for_it() -> None:
    with vendor(drip) as url, serving("drip-test", seconds=30):
        began = time.monotonic()
        with pytest.raises(BackendTimeout):
            client().request("GET", url, repeatable=False)
        assert time.monotonic() - began < 3


def test_connections_are_kept_and_used_again() -> None:
    ports = []

    def answer(connection: socket.socket) -> None:
        connection.settimeout(2)
        ports.append(connection.getpeername()[1])
        with connection, suppress(TimeoutError):
            while connection.recv(65536):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with vendor(answer) as url:
        shared = client()
        bodies = [shared.request("GET", url, repeatable=True).body for _ in range(5)]
    assert bodies == [b"ok"] * 5
    assert len(ports) == 1


def test_an_answer_that_is_cut_is_no_answer() -> None:
    def cut(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    with vendor(cut) as url, pytest.raises(BackendUnavailable, match="cut"):
        client().request("PUT", url, repeatable=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_a_vendor_that_is_not_there_cannot_be_reached(url: str) -> None:
    with pytest.raises(BackendUnavailable, match="cannot be reached"):
        client().request("PUT", url, repeatable=False)


def test_plain_http_is_not_called_a_wrong_certificate() -> None:
    def greet(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(65536)

    with vendor(greet) as url, pytest.raises(BackendMisbehaved) as told:
        client().request("GET", url.replace("http:", "https:"), repeatable=False)
    assert "certificate" not in str(told.value)
