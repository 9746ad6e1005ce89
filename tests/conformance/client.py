"""Calls the service: inside this process, or over the network. Tests see no difference."""

import itertools
import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from flask import Flask
from requests.structures import CaseInsensitiveDict

_TIMEOUT_SECONDS = 60.0
_RUN = uuid.uuid4().hex[:6]
_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name that nothing has yet, fit for everything: a-z and 0-9 only."""
    return f"{prefix}{_RUN}{next(_numbers)}"


@dataclass(frozen=True)
class Answer:
    """What came back; ``body`` is the decoded JSON, or ``None`` where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    def expect(self, status: int) -> Any:
        """The body, after making sure of the status."""
        assert self.status == status, f"{self.status} instead of {status}: {self.body}"
        return self.body


class Api(ABC):
    """A signed-on caller. Safe to use from several threads at once."""

    @abstractmethod
    def request(
        self, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer: ...

    def get(self, path: str, **more: Any) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("POST", path, json=json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("PUT", path, json=json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.request("DELETE", path, **more)


class InProcess(Api):
    """Calls an app of this process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._cookie = _cookie_of(app.test_client().get("/login").headers["Set-Cookie"])

    def request(
        self, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        client = self._app.test_client(use_cookies=False)
        sent = {"Cookie": self._cookie, **(headers or {})}
        response = client.open(path, method=method, json=json, headers=sent)
        return _answer(response.status_code, dict(response.headers), response.get_data())


class OverNetwork(Api):
    """Calls a server, with a new connection each time, so that any worker may answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        with _session() as session:
            answer = session.get(f"{url}/login", allow_redirects=False, timeout=_TIMEOUT_SECONDS)
        self._cookie = _cookie_of(answer.headers["Set-Cookie"])

    def request(
        self, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Cookie": self._cookie, **(headers or {})}
        with _session() as session:
            response = session.request(
                method,
                self._url + path,
                json=json,
                headers=sent,
                allow_redirects=False,
                timeout=_TIMEOUT_SECONDS,
            )
        return _answer(response.status_code, dict(response.headers), response.content)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _cookie_of(header: str) -> str:
    return header.partition(";")[0]


def _answer(status: int, headers: dict[str, str], content: bytes) -> Answer:
    known = CaseInsensitiveDict(headers)
    is_json = content and "json" in known.get("Content-Type", "")
    return Answer(status, known, json.loads(content) if is_json else None)
