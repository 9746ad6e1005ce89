"""Stands before the service as a site's router does: notes every request, and fails when told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
)

#: Answers a status for a request that the service shall not see, or ``None``.
Fault = Callable[[str, str], int | None]


class Front:
    """``requests`` holds method and path of each; those that the service answered, too."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[str, str]] = []
        self.fault: Fault = lambda _method, _path: None
        #: Like ``fault``, but the service has done what it was asked for.
        self.lost: Fault = lambda _method, _path: None

    def reset(self) -> None:
        self.requests.clear()
        self.fault = self.lost = lambda _method, _path: None

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.requests if method != "GET"]


@contextmanager
def front_of(service: str) -> Iterator[Front]:
    target = urlsplit(service)
    found: Front

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.requests.append((self.command, self.path))
            if status := found.fault(self.command, self.path):
                self._answer(status, [("Content-Type", "text/html")], b"<html>router</html>")
                return
            behind = HTTPConnection(str(target.hostname), target.port, timeout=60)
            try:
                behind.request(self.command, self.path, body, dict(self.headers))
                answer = behind.getresponse()
                content = answer.read()
                headers = answer.getheaders()
                code = answer.status
            finally:
                behind.close()
            if status := found.lost(self.command, self.path):
                code, headers, content = status, [("Content-Type", "text/html")], b"lost"
            self._answer(code, headers, content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - http.server's

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found = Front(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
