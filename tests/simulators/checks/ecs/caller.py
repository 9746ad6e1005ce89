"""A plain HTTP caller of the simulator."""

from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from tests.simulators.ecs import EcsSimulator

GIB = 1 << 30
NAMESPACES = "/object/namespaces/namespace"
NS = f"{NAMESPACES}/ns1"
BUCKET = "/object/bucket/b1"
KEYS = "/object/user-secret-keys"


def basic(sim: EcsSimulator, name: str | None = None, password: str | None = None) -> HTTPBasicAuth:
    # As text it would be sent in Latin-1.
    given = (name or sim.username, password or sim.password)
    return HTTPBasicAuth(*(text.encode() for text in given))


class Caller:
    """Signed on from the first call, as the simulator's administrator unless told otherwise."""

    def __init__(self, sim: EcsSimulator, name: str = "", password: str = "") -> None:
        self.sim = sim
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(sim.ca_file)
        self.session.headers["Accept"] = "application/json"
        answer = self.login(name or sim.username, password or sim.password)
        if answer.ok:
            self.session.headers["X-SDS-AUTH-TOKEN"] = answer.headers["X-SDS-AUTH-TOKEN"]

    def login(self, name: str, password: str) -> requests.Response:
        return self.session.get(
            f"{self.sim.url}/login", auth=basic(self.sim, name, password), timeout=10
        )

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str | None
    ) -> requests.Response:
        return self.session.request(
            method,
            f"{self.sim.url}{path}",
            json=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            allow_redirects=False,
            timeout=10,
        )

    def send(self, method: str, path: str, content: bytes, media: str) -> requests.Response:
        headers = {"Content-Type": media}
        url = f"{self.sim.url}{path}"
        return self.session.request(method, url, data=content, headers=headers, timeout=10)

    def get(self, path: str) -> dict[str, Any]:
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def done(self, method: str, path: str, body: Any = None) -> None:
        """The call succeeds, and is answered without a body."""
        answer = self(method, path, body)
        assert (answer.status_code, answer.content) == (200, b"")

    def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = self("POST", path, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        """Status and code."""
        answer = self(method, path, body)
        assert answer.status_code >= 400, answer.text
        error = answer.json()
        assert set(error) == {"code", "description", "details", "retryable"}
        return answer.status_code, error["code"]

    def close(self) -> None:
        self.session.close()

    def new_namespace(self, name: str = "ns1", **more: Any) -> dict[str, Any]:
        plain = {"namespace": name, "default_data_services_vpool": self.sim.replication_group}
        return self.made(NAMESPACES, {**plain, **more})

    def new_bucket(self, name: str = "b1", namespace: str = "ns1", **more: Any) -> dict[str, Any]:
        return self.made("/object/bucket", {"name": name, "namespace": namespace, **more})

    def new_user(self, name: str = "u1", namespace: str = "ns1") -> dict[str, Any]:
        return self.made("/object/users", {"user": name, "namespace": namespace})

    def bucket(self, name: str = "b1", namespace: str = "ns1") -> dict[str, Any]:
        return self.get(f"/object/bucket/{name}/info?namespace={namespace}")
