"""A call that the API knows how to answer, and the answers' form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.simulators.waldur.errors import Refusal, invalid
from tests.simulators.waldur.messages import Reply, Request
from tests.simulators.waldur.records import JsonObject, User

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Call:
    """What a known user asks. ``key`` and ``action`` come from the path, where it has them."""

    request: Request
    user: User
    key: str = ""
    action: str = ""

    @property
    def body(self) -> JsonObject:
        """Empty without a body; 400 for what is not a JSON object."""
        if not self.request.body:
            return {}
        try:
            document = orjson.loads(self.request.body)
        except orjson.JSONDecodeError as error:
            raise Refusal(400, {"detail": f"JSON parse error - {error}"}) from None
        if not isinstance(document, dict):
            raise invalid(non_field_errors=["Invalid data. Expected a dictionary."])
        return document


Handler = Callable[[Call], Reply]


def json_reply(document: Any, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(document), JSON)


def encoded_reply(body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(200, body, {**JSON, **(headers or {})})


def refused(refusal: Refusal) -> Reply:
    if isinstance(refusal.body, str):
        return Reply(refusal.status, refusal.body.encode(), {"Content-Type": "text/html"})
    reply = json_reply(refusal.body, refusal.status)
    if refusal.status == 401:
        return Reply(401, reply.body, {**JSON, "WWW-Authenticate": "Token"})
    return reply
