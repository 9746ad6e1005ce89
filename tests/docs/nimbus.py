"""Nimbus, the storage system of docs/add-a-backend.md, as far as that page tells its API."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

TOKEN = "let-me-in"
SPACE = {"total_kib": 1048576, "used_kib": 4711}


class _Nimbus(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    acls: dict[str, list[str]]
    lock: threading.Lock

    def do_GET(self) -> None:
        # What was sent must be read, or it would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer = 401, None
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            parts = [unquote(part) for part in self.path.split("/")[2:]]
            with self.lock:
                status, answer = self._handled(parts, json.loads(body or b"{}"))
        payload = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # http.server's names

    def _handled(self, parts: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        match self.command, parts:
            case "GET", ["space"]:
                return 200, SPACE
            case "GET", ["acls"]:
                return 200, {"acls": [self._shown(name) for name in self.acls]}
            case "POST", ["acls"]:
                if body["acl"] in self.acls:
                    return 409, None
                self.acls[body["acl"]] = body["clients"]
                return 201, self._shown(body["acl"])
            case _, ["acls", name, *client]:
                return self._changed(name, client) if name in self.acls else (404, None)
        return 405, None

    def _changed(self, name: str, path: list[str]) -> tuple[int, Any]:
        """One list, after what was asked of it."""
        others = [one for one in self.acls[name] if one not in path]
        match self.command, path:
            case "DELETE", []:
                del self.acls[name]
                return 204, None
            case "PUT", ["clients", client] if client not in self.acls[name]:
                self.acls[name].append(client)
            case "DELETE", ["clients", _]:
                self.acls[name] = others
        return 200, self._shown(name)

    def _shown(self, name: str) -> dict[str, Any]:
        return {"acl": name, "clients": self.acls[name]}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        pass


@contextmanager
def nimbus() -> Iterator[str]:
    """The address of a Nimbus of one's own."""
    handler = type("Handler", (_Nimbus,), {"acls": {}, "lock": threading.Lock()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
