"""A threaded HTTP/1.1 server on 127.0.0.1 that a simulator speaks through.

It logs every call, adds latency, plays the faults that a test asked for, and can go away and come
back on the same port.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Self

from tests.simulators.faults import Faults
from tests.simulators.waldur.messages import Reply, Request
from tests.simulators.waldur.wire import Server


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
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._stopping.clear()
        self._server = Server(("127.0.0.1", self.port), self)
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
        """What came so far with this method and a path that matches the shell pattern."""
        return [
            call
            for call in list(self.requests)
            if call.method == method and fnmatchcase(call.path, path)
        ]

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
