"""Sockets and threads under a simulator."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, unquote_plus

from tests.simulators.faults import Fault
from tests.simulators.waldur.messages import Reply, Request

if TYPE_CHECKING:
    from tests.simulators.waldur.http import SimulatorServer


class Server(ThreadingHTTPServer):
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
        """A client that went away is no error of ours; all else is."""
        if not isinstance(sys.exception(), OSError):
            self.simulator.errors.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass

    def _serve(self) -> None:
        simulator = self.server.simulator
        request = self._request()
        simulator.requests.append(request)
        query = unquote_plus(request.target.partition("?")[2])
        fault = simulator.faults.take(request.method, request.path, query)
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
        sent = body[: int(len(body) * share)]
        self.connection.sendall("\r\n".join(head).encode("latin-1") + sent)
        if share < 1.0:
            self.close_connection = True

    def _fail(self, fault: Fault, request: Request) -> None:
        simulator = self.server.simulator
        match fault.kind:
            case "cut-before":
                self.close_connection = True
            case "cut-after":
                simulator.reply(request)
                self.close_connection = True
            case "cut-within":
                self._send(simulator.reply(request), share=0.5)
            case "status":
                reply = _failure(fault)
                request.status = reply.status
                self._send(reply)
            case "slow":
                simulator.wait(fault.seconds)
                self._send(simulator.reply(request))
            case "truncate":
                reply = simulator.reply(request)
                self._send(replace(reply, body=reply.body[: len(reply.body) // 2]))
            case "garbage":
                simulator.reply(request)
                self._send(Reply(200, fault.body, {"Content-Type": fault.content_type}))
            case "hang":
                simulator.wait(fault.seconds or None)
                self.close_connection = True
            case "code":
                raise ValueError("Waldur's errors have no codes: order a status")


def _failure(fault: Fault) -> Reply:
    headers = {"Content-Type": fault.content_type}
    if fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    return Reply(503 if fault.status is None else fault.status, fault.body, headers)
