"""A plain HTTP caller of the simulator."""

from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from tests.simulators.ontap import OntapSimulator

GIB = 1 << 30
VOLUMES = "/storage/volumes"
POLICIES = "/protocols/nfs/export-policies"
WAIT = "return_timeout=15"


@dataclass
class Caller:
    """Calls below /api with the simulator's account, unless told otherwise."""

    sim: OntapSimulator
    auth: tuple[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cert: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(self.sim.ca_file)
        self._session.cert = self.cert
        self._session.headers["Accept"] = "application/json"
        self._session.headers.update(self.headers)
        if self.cert is None:
            name, password = self.auth or (self.sim.username, self.sim.password)
            # As text it would be sent in Latin-1.
            self._session.auth = HTTPBasicAuth(name.encode(), password.encode())

    def __call__(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> requests.Response:
        url = path if path.startswith("/api/") else f"/api{path}"
        return self._session.request(method, f"{self.sim.url}{url}", json=body, timeout=20)

    def close(self) -> None:
        self._session.close()

    def records(self, path: str) -> list[dict[str, Any]]:
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found

    def names(self, path: str) -> list[str]:
        return [record["name"] for record in self.records(path)]

    def code(self, method: str, path: str, body: dict[str, Any] | None = None) -> str:
        """The code that refuses the call, "" when nothing does."""
        answer = self(method, path, body)
        error = answer.json().get("error", {})
        assert (answer.status_code >= 400) == bool(error), answer.text
        found: str = error.get("code", "")
        return found

    def new(self, name: str, **more: Any) -> str:
        """The uuid of a new volume of 1 GiB on aggr1."""
        answer = self("POST", f"{VOLUMES}?{WAIT}", new_volume(self.sim, name, **more))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def volume(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self("GET", f"{VOLUMES}/{uuid}?fields=**").json()
        return found

    def patch(self, uuid: str, **body: Any) -> str:
        return self.code("PATCH", f"{VOLUMES}/{uuid}?{WAIT}", body)


def new_volume(sim: OntapSimulator, name: str, **more: Any) -> dict[str, Any]:
    aggregates = [{"name": "aggr1"}]
    plain = {"name": name, "svm": {"name": sim.svm}, "aggregates": aggregates, "size": GIB}
    return {**plain, **more}
