"""A small HTTP/1.1 server over TLS: a thread per connection, kept alive."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import unquote

from tests.simulators.tls import common_name

_LINE_LIMIT = 64 * 1024
_STOP_SECONDS = 5.0


class Cut(Exception):
    """Ends the connection; ``sent`` goes out first."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__()
        self.sent = sent


@dataclass(frozen=True)
class Request:
    """What a client sent; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    common_name: str | None = None

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def head(self, *more: str) -> bytes:
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class HttpsServer:
    """Serves on 127.0.0.1 until it is stopped.

    [C] A filer closes a connection that was idle for ``idle_seconds`` or has served
    ``requests_each`` requests.
    """

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext,
        serve: Callable[[Request], Response],
        *,
        idle_seconds: float,
        requests_each: int,
    ) -> None:
        self._context = context
        self._serve = serve
        self._idle_seconds = idle_seconds
        self._requests_each = requests_each
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._stopping = False
        #: Connections that have been made so far.
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="ontap-accept", daemon=True)

    def start(self) -> None:
        self._acceptor.start()

    def stop(self) -> None:
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(_STOP_SECONDS)
        self.drop_connections()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(_STOP_SECONDS)

    def drop_connections(self) -> None:
        """End every connection at once, as a restarted filer does."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._handle, args=(connection,), daemon=True)
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                self._threads.add(thread)
            thread.start()

    def _handle(self, plain: socket.socket) -> None:
        secured: ssl.SSLSocket | None = None
        try:
            plain.settimeout(self._idle_seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = self._context.wrap_socket(plain, server_side=True)
            with self._lock:
                self._open.discard(plain)
                self._open.add(secured)
            with secured.makefile("rb") as stream:
                self._converse(secured, stream)
        except OSError:
            pass  # The client went away, or did not like our certificate.
        finally:
            with self._lock:
                self._open -= {plain, secured}
                self._threads.discard(threading.current_thread())
            (secured or plain).close()

    def _converse(self, connection: ssl.SSLSocket, stream: BinaryIO) -> None:
        name = common_name(connection)
        for left in range(self._requests_each - 1, -1, -1):
            try:
                request = _read(stream, connection, name)
            except ValueError:
                connection.sendall(Response(400).head("Connection: close"))
                return
            if request is None:
                return
            last = not left or request.headers.get("connection", "").lower() == "close"
            try:
                response = self._serve(request)
            except Cut as cut:
                connection.sendall(cut.sent)
                return
            keep = f"Keep-Alive: timeout={self._idle_seconds:g}, max={left}"
            head = response.head("Connection: close" if last else keep)
            connection.sendall(head)
            if request.method != "HEAD":
                connection.sendall(response.body)
            if last:
                return


def _read(stream: BinaryIO, connection: ssl.SSLSocket, name: str | None) -> Request | None:
    line = stream.readline(_LINE_LIMIT)
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ")
    headers: dict[str, str] = {}
    while (line := stream.readline(_LINE_LIMIT)) not in {b"\r\n", b"\n"}:
        if not line:
            return None
        key, _, value = line.decode("latin-1").partition(":")
        headers[key.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "transfer-encoding" in headers:
        raise ValueError("only bodies of a known length are read")
    length = int(headers.get("content-length") or 0)
    if length < 0:
        raise ValueError("a body cannot be shorter than nothing")
    body = stream.read(length)
    return None if len(body) < length else Request(method, target, headers, body, name)
