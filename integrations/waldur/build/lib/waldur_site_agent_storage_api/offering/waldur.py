"""Calls to Waldur's marketplace, as the provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import httpx

_PAGE = 100


class WaldurError(Exception):
    """Waldur refused or did not answer; the text says what it said."""


class Waldur:
    """``url`` ends with ``/api/``. Redirects are not followed: nobody else gets the token."""

    def __init__(self, url: str, token: str, *, verify: bool) -> None:
        self._http = httpx.Client(
            base_url=url if url.endswith("/") else f"{url}/",
            headers={"Authorization": f"Token {token}"},
            verify=verify,
            timeout=30.0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str) -> Any:
        return self._call("GET", path).json()

    def every(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every row of a list, over all pages."""
        rows: list[dict[str, Any]] = []
        while True:
            page = str(len(rows) // _PAGE + 1)
            answer = self._call("GET", path, {**query, "page": page, "page_size": str(_PAGE)})
            rows += answer.json()
            if len(rows) >= int(answer.headers.get("X-Result-Count", len(rows))):
                return rows

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._call("POST", path, body=body)
        return answer.json() if answer.content else None

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, path, params=query, json=body)
        except httpx.HTTPError as error:
            raise WaldurError(f"no answer from Waldur: {type(error).__name__}") from None
        if not answer.is_success:
            raise WaldurError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer
