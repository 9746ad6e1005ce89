"""Stands between the back-end and the real gateway and spoils chosen answers."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

_MOST_SECONDS = 60


class Fault(NamedTuple):
    """Spoils the answers to ``times`` requests whose line contains ``part``.

    ``body`` and ``status`` replace the answer; without them it is lost. ``forward`` says
    whether the gateway still gets the request.
    """

    part: str
    times: int = 1
    forward: bool = True
    status: int | None = None
    body: bytes = b""


class Halt:
    """Stops the ``number``-th request whose line contains ``part`` until it is released.

    ``after``: the gateway has carried it out by then. It is never answered.
    """

    def __init__(self, part: str, number: int, *, after: bool) -> None:
        self.after = after
        self.reached = threading.Event()
        self._released = threading.Event()
        self._part = part
        self._left = number

    def counts(self, line: str) -> bool:
        """Whether this is the one."""
        self._left -= self._part in line
        return self._left == 0 and self._part in line

    def hold(self) -> None:
        self.reached.set()
        assert self._released.wait(_MOST_SECONDS)

    def release(self) -> None:
        self._released.set()


class FaultyProxy:
    """Hands on every request as it is, ``Host`` included, because that is signed."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._halt: Halt | None = None
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                proxy._serve(self)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def spoil(self, part: str, **how: Any) -> None:
        self._faults.append(Fault(part, **how))

    def heal(self) -> None:
        """Spoil nothing any more."""
        with self._lock:
            self._faults.clear()

    def halt(self, part: str = "", number: int = 1, *, after: bool) -> Halt:
        """From now on, in the place of any former one."""
        with self._lock:
            self._halt = Halt(part, number, after=after)
            return self._halt

    def go_on(self) -> None:
        """Halt nobody any more."""
        with self._lock:
            self._halt = None

    def _halt_for(self, line: str) -> Halt | None:
        with self._lock:
            halt = self._halt
            return halt if halt is not None and halt.counts(line) else None

    def _fault_for(self, line: str) -> Fault | None:
        with self._lock:
            self.lines.append(line)
            for place, fault in enumerate(self._faults):
                if fault.part in line and fault.times:
                    self._faults[place] = fault._replace(times=fault.times - 1)
                    return fault
        return None

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        line = f"{handler.command} {handler.path}"
        halt = self._halt_for(line)
        if halt is not None:
            if halt.after:
                self._forward(handler, body)
            halt.hold()
            handler.close_connection = True
            return
        fault = self._fault_for(line)
        status, headers, content = 502, [("Content-Type", "text/plain")], b""
        if fault is None or fault.forward:
            status, headers, content = self._forward(handler, body)
        if fault is not None and fault.status is None:
            handler.close_connection = True
            return
        if fault is not None and fault.status is not None:
            status, headers, content = fault.status, [("Content-Type", "text/html")], fault.body
        handler.send_response_only(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _forward(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            connection.putrequest(
                handler.command, handler.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in handler.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            kept = [
                (name, value)
                for name, value in answer.getheaders()
                if name.lower() not in {"content-length", "connection", "transfer-encoding"}
            ]
            return answer.status, kept, answer.read()
        finally:
            connection.close()
