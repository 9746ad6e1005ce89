"""A server that answers what a test tells it to, one answer after the other."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """``cut``: the connection ends in its place. ``after``: seconds until it comes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    after: float = 0


def problem(status: int, code: str, *, retryable: bool = False, **headers: str) -> Answer:
    document = {"code": code, "title": code, "detail": f"It is {code}.", "retryable": retryable}
    return Answer(
        status, document, {name.replace("_", "-"): text for name, text in headers.items()}
    )


@dataclass
class Scripted:
    url: str = ""
    script: list[Answer] = field(default_factory=list)
    heard: list[tuple[str, str, Message]] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [method for method, _, _ in self.heard]


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    """When the script is over, everything is answered with ``{}``."""
    found = Scripted(script=[*answers])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.heard.append((self.command, self.path, self.headers))
            answer = found.script.pop(0) if found.script else Answer(body={})
            time.sleep(answer.after)
            if answer.cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = answer.body
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if answer.status != 204:
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # the base's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who cuts, expects it
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield found
        finally:
            server.shutdown()
