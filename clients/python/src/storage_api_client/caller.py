"""What the typed families are written with: verbs that answer decoded bodies, and pages."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

from storage_api_client.errors import ApiError
from storage_api_client.transport import Request, Transport, address

#: As many records as the service gives at once: it makes every page out of the whole list.
PAGE_SIZE = 10_000

Kind = TypeVar("Kind")


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

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._expect(dict, Request("GET", path, params=_given(params)))

    def names(self, path: str) -> list[str]:
        """A list that has no pages."""
        request = Request("GET", path)
        answer = self.transport.send(request)
        return _every(str, _of(list, decoded(answer), answer), answer)

    def truth(self, path: str) -> bool:
        return self._expect(bool, Request("GET", path))

    def post(self, path: str, body: Any = None, *, repeatable: bool = False) -> dict[str, Any]:
        return self._expect(dict, Request("POST", path, body, repeatable=repeatable))

    def put(self, path: str, body: Any = None, *, repeatable: bool = True) -> dict[str, Any]:
        return self._expect(dict, Request("PUT", path, body, repeatable=repeatable))

    def patch(self, path: str, body: Any) -> dict[str, Any]:
        return self._expect(dict, Request("PATCH", path, body))

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.call(Request("DELETE", path, params=_given(params)))

    def _expect(self, kind: type[Kind], request: Request) -> Kind:
        answer = self.transport.send(request)
        return _of(kind, decoded(answer), answer)

    def pages(self, path: str, filters: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Every record of a list, asked for page by page."""
        params = {"limit": PAGE_SIZE, **(_given(filters) or {})}
        while True:
            answer = self.transport.send(Request("GET", path, params=params))
            yield from _every(dict, _of(list, decoded(answer), answer), answer)
            # Only the marker is taken: where to ask stays ours to say.
            marker = _marker(answer)
            if marker is None:
                return
            if marker == params.get("marker"):
                raise _wrong(answer, "The next page is the same one again.")
            params["marker"] = marker


def decoded(answer: requests.Response) -> Any:
    """Raises ``ApiError`` for what is no JSON."""
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise _wrong(answer, "The answer is no JSON. Is this the service's address?") from None


def _of(kind: type[Kind], value: Any, answer: requests.Response) -> Kind:
    if not isinstance(value, kind):
        raise _wrong(answer, "The answer is not the API's. Is this the service's address?")
    return value


def _every(kind: type[Kind], values: list[Any], answer: requests.Response) -> list[Kind]:
    return [_of(kind, value, answer) for value in values]


def _marker(answer: requests.Response) -> str | None:
    following = answer.links.get("next", {}).get("url")
    try:
        found = parse_qs(urlsplit(following).query).get("marker") if following else None
    except ValueError:
        raise _wrong(answer, "The next page has a malformed address.") from None
    return found[0] if found else None


def _wrong(answer: requests.Response, detail: str) -> ApiError:
    return ApiError(
        answer.status_code,
        "malformed-answer",
        "Malformed answer",
        detail,
        answer.headers.get("X-Request-Id"),
        may_have_happened=answer.request.method not in {"GET", "HEAD"},
    )


def _given(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without what is not given; truth values as the API spells them."""
    if params is None:
        return None
    return {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in params.items()
        if value is not None
    }
