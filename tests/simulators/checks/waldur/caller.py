"""Whoever calls the simulated Waldur."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or without."""

    session: requests.Session
    url: str

    def get(self, path: str, query: str = "") -> requests.Response:
        return self.ask("GET", path, query)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.ask("POST", path, body=body)

    def ask(self, method: str, path: str, query: str = "", body: Any = None) -> requests.Response:
        url = f"{self.url}/api/{path}{query and '?'}{query}"
        return self.session.request(method, url, json=body, timeout=10, allow_redirects=False)


# From a token, or none, to a caller.
Callers = Callable[[str | None], Caller]
