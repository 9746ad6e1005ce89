"""What the tests share: the service behind a router, and ways to make an allocation."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests

from tests.integrations.coldfront.front import Front
from tests.integrations.coldfront.running import ColdFront

TB = 10**12
_numbers = count(1)
_sites = count(1)


@dataclass(frozen=True)
class Service:
    """The service: as ColdFront reaches it, and as an administrator looks at it."""

    front: Front
    cookies: Path
    session: requests.Session
    url: str

    def settings(self) -> dict[str, str]:
        """For one more ColdFront: its allocations have the numbers of another's, so it is named."""
        return {
            "STORAGE_API_URL": self.front.url,
            "STORAGE_API_COOKIES": str(self.cookies),
            "STORAGE_API_SITE": f"test-{next(_sites)}",
        }

    def get(self, path: str) -> Any:
        """The body, or ``None`` where there is nothing."""
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.json()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.url}{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def cookie_file(path: Path, session: requests.Session) -> Path:
    """As curl writes it."""
    lines = ["# Netscape HTTP Cookie File"]
    for cookie in session.cookies:
        fields = [cookie.domain, "FALSE", cookie.path, "FALSE", "0", cookie.name, cookie.value]
        lines.append("\t".join(map(str, fields)))
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


Make = Callable[..., int]


def maker(site: ColdFront) -> Make:
    """Makes an allocation that waits for approval: project, resource and all."""

    def make(
        kind: str = "volume",
        size: str | None = "2",
        *,
        title: str | None = None,
        values: dict[str, str] | None = None,
        **more: str,
    ) -> int:
        number = next(_numbers)
        attributes = {"storage_api_subsystem": "dummy", "storage_api_kind": kind, **more}
        resource = site.resource(f"storage {number}", attributes)
        project = site.project(title or f"Smith Lab {number}")
        granted = {"Storage Quota (TB)": size} if size is not None else {}
        pk: int = site.allocation(project, [resource], {**granted, **(values or {})})
        return pk

    return make


def state(site: ColdFront, pk: int) -> str:
    told: str = site.look(pk)["values"]["storage_api_state"][0]
    return told


def place(site: ColdFront, pk: int) -> str:
    told: str = site.look(pk)["values"]["Subdirectory"][0]
    return told
