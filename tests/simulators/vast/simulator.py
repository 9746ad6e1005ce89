"""The simulated VMS that tests start, fill and watch."""

import base64
import json
import re
import ssl
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.simulators.vast.objects import Cluster, Json, Refusal
from tests.simulators.waldur.http import SimulatorServer
from tests.simulators.waldur.messages import Reply, Request

_ADDRESS = re.compile(r"/api(?:/(?:latest|v\d+))?/(?P<rest>[a-z_]+(?:/[a-z_0-9]+)?)/")
_SIGN_ON = "token"


class VastSimulator(SimulatorServer):
    """VMS on ``url``; ``user`` and ``password``, or ``token`` as Api-Token, may do everything.

    ``certificate`` and ``key`` make it speak TLS.
    """

    def __init__(
        self,
        *,
        user: str = "provisioner",
        password: str = "made-up-vast-password",
        token: str = "made-up-vast-token",
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(self._dispatch)
        self.user, self.password, self.token = user, password, token
        self.cluster = Cluster()
        self.page_size: int | None = None
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, key)
        self._bearers: set[str] = set()
        self._signed_on = 0

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        if self._tls is not None and self._server is not None:
            # The handshake belongs to the connection's own thread.
            self._server.socket = self._tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    def expire_tokens(self) -> None:
        """Every token that was given for name and password."""
        self._bearers.clear()

    def _dispatch(self, request: Request) -> Reply:
        try:
            with self.cluster.lock:
                return self._answer_to(request)
        except Refusal as refusal:
            return _json(refusal.document, refusal.status)
        except (ValueError, AttributeError):
            return _json({"detail": "JSON parse error", "code": "parse_error"}, 400)

    def _answer_to(self, request: Request) -> Reply:
        address = _ADDRESS.fullmatch(request.path)
        if address is None:
            raise Refusal(404, "Not found.", "not_found")
        rest = address["rest"]
        body: Json = json.loads(request.body) if request.body else {}
        if rest == _SIGN_ON and request.method == "POST":
            return self._sign_on(body)
        if not self._may(request):
            raise Refusal(403, "Given token not valid for any token type", "token_not_valid")
        action = self._actions().get((request.method, rest))
        if action is not None:
            return action(request, body)
        kind, _, number = rest.partition("/")
        return self._one(request.method, kind, number, body)

    def _actions(self) -> dict[tuple[str, str], Callable[[Request, Json], Reply]]:
        cluster = self.cluster
        return {
            ("GET", "quotas"): lambda request, _: self._list(request, cluster.quotas),
            ("GET", "views"): lambda request, _: self._list(request, cluster.views),
            ("GET", "viewpolicies"): lambda request, _: self._list(request, cluster.policies),
            ("POST", "quotas"): lambda _, body: _json(cluster.add_quota(body), 201),
            ("POST", "views"): lambda _, body: _json(cluster.add_view(body), 201),
            ("GET", "groups/query"): lambda request, _: _named(request, cluster.groups, "gid"),
            ("GET", "users/query"): lambda request, _: _named(request, cluster.users, "uid"),
            ("POST", "folders/stat_path"): lambda _, body: self._stat(body),
            ("PATCH", "folders/modify_folder"): lambda _, body: _empty(cluster.modify_folder(body)),
            ("DELETE", "folders/delete_folder"): lambda _, body: _empty(
                cluster.delete_folder(body)
            ),
        }

    def _one(self, method: str, kind: str, number: str, body: Json) -> Reply:
        rows = {"quotas": self.cluster.quotas, "views": self.cluster.views}.get(kind, [])
        row = next((row for row in rows if str(row["id"]) == number), None)
        if row is None:
            raise Refusal(404, "Not found.", "not_found")
        if method == "GET":
            return _json(row)
        if method == "DELETE":
            rows.remove(row)
            return Reply(204)
        if method == "PATCH" and kind == "quotas":
            return _json(self.cluster.change_quota(row, body))
        raise Refusal(405, f'Method "{method}" not allowed.', "method_not_allowed")

    def _list(self, request: Request, rows: list[Json]) -> Reply:
        """Filters on what rows have; what they do not have is ignored."""
        found = [
            row
            for row in rows
            if all(
                str(row[name]) in values for name, values in request.query.items() if name in row
            )
        ]
        if self.page_size is None:
            return _json(found)
        page = int(request.query.get("page", ["1"])[0])
        end = page * self.page_size
        following = f"{self.url}{request.path}?page={page + 1}" if end < len(found) else None
        part = found[end - self.page_size : end]
        return _json({"count": len(found), "next": following, "results": part})

    def _stat(self, body: Json) -> Reply:
        folder = self.cluster.folder(body)
        return _json(
            {
                "owning_gid": folder.gid,
                "owning_group": self.cluster.groups.get(folder.gid),
                "owning_uid": folder.uid,
                "owning_user": self.cluster.users.get(folder.uid),
                "is_directory": True,
                "children": 0,
            }
        )

    def _sign_on(self, body: Json) -> Reply:
        if (body.get("username"), body.get("password")) != (self.user, self.password):
            raise Refusal(401, "No active account found with the given credentials")
        self._signed_on += 1
        bearer = f"made-up-bearer-{self._signed_on}"
        self._bearers.add(bearer)
        return _json({"access": bearer, "refresh": f"made-up-refresh-{self._signed_on}"})

    def _may(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            return base64.b64decode(given).decode() == f"{self.user}:{self.password}"
        return (scheme == "Api-Token" and given == self.token) or (
            scheme == "Bearer" and given in self._bearers
        )


def _named(request: Request, names: dict[int, str], key: str) -> Reply:
    number = int(request.query[key][0])
    if number not in names:
        raise Refusal(404, "Not found.", "not_found")
    return _json({key: number, "name": names[number]})


def _empty(_document: Json) -> Reply:
    return Reply(HTTPStatus.NO_CONTENT)


def _json(document: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json"})
