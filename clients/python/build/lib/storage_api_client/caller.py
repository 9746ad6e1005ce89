"""What the typed families are written with: verbs that answer decoded bodies, and pages."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from storage_api_client.errors import ApiError
from storage_api_client.transport import Request, Transport, address

#: As many records as the service gives at once: it makes every page out of the whole list.
PAGE_SIZE = 10_000


class Caller:
    """Calls one service."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    @staticmethod
    def name(*parts: str, slashes: bool = False) -> str:
        """``parts`` as the end of a path; see ``address``."""
        return address(*parts, slashes=slashes)

    def call(self, request: Request) -> Any:
        """The decoded body, ``None`` for an empty one."""
        return decoded(self.transport.send(request))

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.call(Request("GET", path, params=_given(params)))

    def post(self, path: str, body: Any = None, *, repeatable: bool = False) -> Any:
        return self.call(Request("POST", path, body, repeatable=repeatable))

    def put(self, path: str, body: Any = None, *, repeatable: bool = True) -> Any:
        return self.call(Request("PUT", path, body, repeatable=repeatable))

    def patch(self, path: str, body: Any) -> Any:
        return self.call(Request("PATCH", path, body))

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.call(Request("DELETE", path, params=_given(params)))

    def pages(self, path: str, filters: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Every record of a list, asked for page by page."""
        params = {"limit": PAGE_SIZE, **(_given(filters) or {})}
        while True:
            answer = self.transport.send(Request("GET", path, params=params))
            yield from decoded(answer)
            # Only the marker is taken: where to ask stays ours to say.
            following = answer.links.get("next", {}).get("url")
            marker = parse_qs(urlsplit(following).query).get("marker") if following else None
            if not marker:
                return
            params["marker"] = marker[0]


def decoded(answer: requests.Response) -> Any:
    """Raises ``ApiError`` for what is no JSON."""
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise ApiError(
            answer.status_code,
            "malformed-answer",
            "Malformed answer",
            "The answer is no JSON. Is this the service's address?",
            answer.headers.get("X-Request-Id"),
        ) from None


def _given(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without what is not given; truth values as the API spells them."""
    if params is None:
        return None
    return {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in params.items()
        if value is not None
    }
