"""A threaded HTTP/1.1 server on 127.0.0.1 that a simulator speaks through.

It logs every call, adds latency, plays the faults that a test asked for, and can go away and come
back on the same port.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from tests.simulators.waldur.faults import Fault, Faults


@dataclass
class Request:
    """One call. ``path`` is decoded, ``target`` is as it came; ``at`` is ``time.time()``."""

    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: Message
    body: bytes
    at: float
    account: str | None = None
    status: int | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class SimulatorServer:
    """Serves ``answer`` between ``start`` and ``stop``. An exception of ``answer`` is a 500."""

    def __init__(self, answer: Callable[[Request], Reply], *, port: int = 0) -> None:
        self.faults = Faults()
        self.requests: list[Request] = []
        self.latency = 0.0
        self.errors: list[str] = []
        self.port = port
        self._answer = answer
        self._stopping = threading.Event()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._stopping.clear()
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection, then wait for the threads. Twice is fine."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._stopping.set()
        server.shutdown()
        thread.join()
        server.end_connections()
        server.server_close()
        self._server = self._thread = None

    @contextmanager
    def down(self) -> Iterator[None]:
        """Nobody listens on the port meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stop()
        if self.errors and error is None:
            raise RuntimeError("the simulator itself failed:\n" + "\n".join(self.errors))

    def calls(self, method: str, path: str) -> list[Request]:
        """What came so far with this method and path; a final ``*`` stands for any end."""
        fault = Fault(kind="slow", method=method, path=path)
        return [call for call in self.requests if fault.matches(call.method, call.path, {})]

    def reply(self, request: Request) -> Reply:
        try:
            reply = self._answer(request)
        except Exception:  # noqa: BLE001 - a bug of the simulator, told when it stops
            self.errors.append(f"{request.method} {request.target}\n{traceback.format_exc()}")
            reply = Reply(500, b"the simulator failed", {"Content-Type": "text/plain"})
        request.status = reply.status
        return reply

    def wait(self, seconds: float | None) -> None:
        self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], simulator: SimulatorServer) -> None:
        self.simulator = simulator
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The one of HTTPServer asks DNS for the machine's name, which may take seconds.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass

    def _serve(self) -> None:
        simulator = self.server.simulator
        request = self._request()
        simulator.requests.append(request)
        fault = simulator.faults.take(request.method, request.path, request.query)
        if simulator.latency:
            simulator.wait(simulator.latency)
        if fault is None:
            self._send(simulator.reply(request))
        else:
            self._fail(fault, request)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            target=self.path,
            path=unquote(path),
            query=parse_qs(query, keep_blank_values=True),
            headers=self.headers,
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            at=time.time(),
        )

    def _send(self, reply: Reply, *, share: float = 1.0) -> None:
        """With ``share`` < 1 the body ends early, and with it the connection."""
        head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        head += [f"Content-Length: {len(reply.body)}", "", ""]
        body = b"" if self.command == "HEAD" else reply.body
        self.connection.sendall(
            "\r\n".join(head).encode("latin-1") + body[: int(len(body) * share)]
        )
        if share < 1.0:
            self.close_connection = True

    def _fail(self, fault: Fault, request: Request) -> None:
        simulator = self.server.simulator
        if fault.kind == "slow":
            simulator.wait(fault.seconds)
            self._send(simulator.reply(request))
        elif fault.kind == "truncate":
            self._send(simulator.reply(request), share=0.5)
        elif fault.kind == "garbage":
            simulator.reply(request)
            self._send(Reply(200, fault.body, {"Content-Type": fault.content_type}))
        elif fault.kind == "status":
            request.status = fault.status
            self._send(_failure(fault))
        else:
            if fault.kind == "cut-after":
                simulator.reply(request)
            elif fault.kind == "hang":
                simulator.wait(fault.seconds or None)
            self.close_connection = True


def _failure(fault: Fault) -> Reply:
    headers = {"Content-Type": fault.content_type}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    return Reply(fault.status, fault.body, headers)
