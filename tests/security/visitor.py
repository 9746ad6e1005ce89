"""Somebody with a browser, who signs on to a service inside this process."""

from collections.abc import Mapping

import requests
from flask import Flask
from werkzeug.test import TestResponse

from tests.services.forms import browser_like, follow

HOME = "https://localhost"
CALLBACK = f"{HOME}/oauth-done"


class Visitor:
    """Keeps the cookies of the service and of the provider."""

    def __init__(self, app: Flask, login: str = "alice") -> None:
        self._login = login
        self.client = app.test_client()
        self.browser: requests.Session = browser_like()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        path = path.removeprefix(HOME)
        return self.client.get(path, base_url=HOME, headers=dict(headers or {}))

    def begin(self, target: str = "/") -> str:
        """Go to ``/login``; answers the provider's address."""
        response = self.client.get("/login", base_url=HOME, query_string={"next": target})
        assert response.status_code == 302, response.get_data(as_text=True)
        return response.headers["Location"]

    def at_provider(self, address: str) -> str:
        """Sign on there; answers the address of ours that it leads back to."""
        return follow(self.browser, address, self._login, until=CALLBACK)

    def sign_on(self, target: str = "/") -> TestResponse:
        """All of it; answers what the callback answers."""
        return self.get(self.at_provider(self.begin(target)))

    @property
    def roles(self) -> list[str]:
        found: list[str] = self.get("/conf/me/roles").get_json()
        return found

    @property
    def cookie(self) -> str:
        """As the browser would send it."""
        found = self.client.get_cookie("__Host-sapi_session", domain="localhost")
        return f"{found.key}={found.value}" if found else ""
