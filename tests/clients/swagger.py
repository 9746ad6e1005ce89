"""The Swagger document of a service with every back-end, and one that only listens."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers import service

#: One of every class; nobody listens at these addresses, and nothing is asked of them.
BACKENDS = {
    "dummy": "DummyStorage",
    "netapp": "NetappStorage🌈username🌈api🌈password🌈x🌈vserver🌈vs1",
    "rgw": "RadosgwStorage🌈endpoint🌈https://rgw.invalid🌈admin_access_key🌈A🌈admin_secret_key🌈B",
    "ecs": "EcsStorage🌈url🌈https://ecs.invalid:4443🌈username🌈api🌈password🌈x",
    "croit": "CroitStorage🌈api_url🌈https://croit.invalid🌈s3_endpoint🌈https://s3.invalid🌈token🌈x",
    "cscs": f"CscsStorage🌈waldur_api_url🌈https://waldur.invalid🌈waldur_api_token🌈{'a' * 40}"
    "🌈storage_systems🌈capstor=capstor🌈development_mode🌈true",
}


@cache
def document() -> Mapping[str, Any]:
    backends = "🦄".join(f"{name}🌈{rest}" for name, rest in BACKENDS.items())
    with service({"SAPI_BACKENDS": backends}).test_client() as client:
        found: Mapping[str, Any] = json.loads(client.get("/swagger.json").data)
    return found


@dataclass(frozen=True)
class Operation:
    """One method of one path; ``id`` without the back-end's name."""

    id: str
    backend: str | None
    method: str
    path: str
    details: Mapping[str, Any]

    @property
    def query(self) -> set[str]:
        found = self.details.get("parameters", ())
        return {item["name"] for item in found if item["in"] == "query"} - {"limit", "marker"}

    @property
    def body(self) -> set[str]:
        for item in self.details.get("parameters", ()):
            if item["in"] == "body":
                schema = item["schema"].get("allOf", [item["schema"]])[0]
                return set(_resolved(schema).get("properties", ()))
        return set()


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/definitions/")
    found: Mapping[str, Any] = document()["definitions"][name] if name else schema
    return found


def operations() -> Iterator[Operation]:
    for path, item in document()["paths"].items():
        for method, details in item.items():
            if method != "parameters":
                id_ = details["operationId"]
                backend = next((name for name in BACKENDS if f"/v3/{name}/" in path), None)
                own = id_.removeprefix(f"{backend}_") if backend else id_
                yield Operation(own, backend, method.upper(), path, details)


@dataclass
class Listener:
    """Takes everything, and says yes."""

    url: str = ""
    heard: list[tuple[str, str, dict[str, list[str]], Any]] = field(default_factory=list)


@contextmanager
def listener() -> Iterator[Listener]:
    listening = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            listening.heard.append((self.command, parts.path, parse_qs(parts.query), body))
            content = b"" if self.command == "DELETE" else _yes(self.command, parts)
            self.send_response(200 if content else 204)
            if content:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # the base's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        listening.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield listening
        finally:
            server.shutdown()


def _yes(command: str, parts: Any) -> bytes:
    if "storage-resources" in parts.path:
        return b'{"resources": [], "pagination": {"has_next": false}}'
    if parts.path.endswith("/am_i_a"):
        return b"true"
    if parts.path.endswith(("/subsystems", "/roles", "/egroups")):
        return b"[]"
    if command == "GET" and "limit" in parse_qs(parts.query):
        return b"[]"
    return b'{"id": "j1", "state": "done"}'
