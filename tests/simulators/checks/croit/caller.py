"""Whoever calls the simulated croit, and does not let it say what it must not."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from jsonschema import Draft202012Validator

from tests.simulators.croit import routes, schemas

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    status: int
    document: Any
    headers: Any

    def expect(self, status: int) -> Any:
        assert self.status == status, (self.status, self.document)
        return self.document

    @property
    def message(self) -> str:
        text: str = self.document["message"]
        return text


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or without. Every reply must be as the schemas have it."""

    session: requests.Session
    url: str

    def get(self, path: str, **params: Any) -> Answer:
        return self.ask("GET", path, **params)

    def post(self, path: str, body: Any = None, **params: Any) -> Answer:
        return self.ask("POST", path, body, **params)

    def put(self, path: str, body: Any = None, **params: Any) -> Answer:
        return self.ask("PUT", path, body, **params)

    def patch(self, path: str, body: Any) -> Answer:
        return self.ask("PATCH", path, body)

    def delete(self, path: str, body: Any = None, **params: Any) -> Answer:
        return self.ask("DELETE", path, body, **params)

    def ask(self, method: str, path: str, body: Any = None, **params: Any) -> Answer:
        url = f"{self.url}/api{path}"
        reply = self.session.request(method, url, json=body, params=params, timeout=30)
        document = reply.json() if reply.content else None
        _conforms(method, path, reply.status_code, document)
        return Answer(reply.status_code, document, reply.headers)

    def done(self, answer: Answer) -> Any:
        """The task that ``answer`` began, once it has ended."""
        number = answer.expect(200)["id"]
        return self.until(
            lambda: self.get(f"/tasks/{number}").expect(200), lambda task: task["done"]
        )

    def until(self, read: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            found = read()
            if good(found):
                return found
            time.sleep(0.02)
        raise AssertionError("it never came about")

    def new_user(self, tenant: str | None = None, uid: str | None = None) -> str:
        """Its full uid."""
        uid = uid or fresh("user")
        self.post("/s3/users", {"uid": uid, "name": uid, "tenant": tenant}).expect(201)
        return f"{tenant}${uid}" if tenant else uid

    def new_bucket(self, owner: str, name: str | None = None, **fields: Any) -> str:
        name = name or fresh("bucket")
        task = self.done(self.put(f"/s3/buckets/{name}", {"owner": owner, **fields}))
        assert task["statusCode"] == 0, task
        return name

    def user(self, uid: str) -> Any:
        (row,) = self.get("/s3/users", uid=uid).expect(200)
        return row

    def bucket(self, owner: str, name: str) -> Any:
        rows = self.get(f"{at(owner)}/buckets").expect(200)
        return next(row for row in rows if row["bucket"] == name)


def at(uid: str, *more: str) -> str:
    return "/".join(["/s3/users", quote(uid, safe=""), *more])


def fresh(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def _conforms(method: str, path: str, status: int, document: Any) -> None:
    if status >= 400:
        Draft202012Validator(schemas.ERROR).validate(document)
        assert document["code"] == status
        return
    route, _ = routes.find(method, path)
    if route.reply is None:
        assert document is None
    else:
        Draft202012Validator(route.reply).validate(document)


# From a token, or none, to a caller.
Callers = Callable[[str | None], Caller]
