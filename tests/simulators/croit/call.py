"""A request on its way to its handler, and what the handler works with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.croit import paging
from tests.simulators.croit.access import Access, Caller
from tests.simulators.croit.clock import Clock
from tests.simulators.croit.errors import CroitError, invalid
from tests.simulators.croit.records import Bucket, Json
from tests.simulators.croit.series import Series
from tests.simulators.croit.settings import Settings
from tests.simulators.croit.store import Store
from tests.simulators.croit.tasks import Tasks
from tests.simulators.waldur.messages import Reply, Request

_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class World:
    store: Store
    clock: Clock
    access: Access
    tasks: Tasks
    series: Series
    settings: Settings


@dataclass(frozen=True)
class Call:
    """``names`` are the decoded variables of the path; ``body`` is valid."""

    world: World
    request: Request
    names: Mapping[str, str]
    caller: Caller | None = None
    body: Json = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def given(self) -> Json:
        """The body without nulls, which leave things as they are."""
        return {name: value for name, value in self.body.items() if value is not None}

    def param(self, name: str, default: str | None = None) -> str | None:
        values = self.request.query.get(name)
        return values[0] if values else default

    def required(self, name: str) -> str:
        value = self.param(name)
        if not value:
            raise invalid(f"the parameter {name} is missing")
        return value

    def number(self, name: str, default: int) -> int:
        text = self.param(name)
        try:
            return default if text is None else int(text)
        except ValueError:
            raise invalid(f"the parameter {name} is no number") from None

    def flag(self, name: str) -> bool:
        return self.param(name, "false") == "true"

    def listed(self, rows: list[Json]) -> Reply:
        """[O] Bare, unless the caller pages."""
        text = self.param("pagination")
        return answer(rows if text is None else paging.parse(text).page(rows))

    def paged(self, rows: list[Json]) -> Reply:
        return answer(paging.parse(self.required("pagination")).page(rows))

    @property
    def bucket(self) -> Bucket:
        """The one of the path. Where names alone are ambiguous, that outside of all tenants."""
        name, owner = self.names["bucket"], self.param("owner")
        found = self.store.named(name, owner or None)
        if not found:
            raise CroitError(404, f"bucket {name} not found")
        if found[0].tenant and len(found) > 1:
            raise invalid(f"several tenants have a bucket {name}")
        return found[0]

    def start(self, name: str, subject: str, work: Callable[[], str]) -> Reply:
        """A task, which waits for its turn as requests do."""

        def taking_turns() -> str:
            with self.store.turn():
                return work()

        by = self.caller.name if self.caller else ""
        return answer(self.world.tasks.start(name, subject, by, taking_turns))


Handler = Callable[[Call], Reply]


def answer(document: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(document).encode(), _JSON)


def done(status: int = 204) -> Reply:
    return Reply(status)


def refused(error: CroitError) -> Reply:
    reply = answer({"code": error.status, "message": error.message}, error.status)
    headers = dict(reply.headers)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return Reply(error.status, reply.body, headers)
