"""A whole site: provider, https router, and the service under uWSGI behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.servers import DUMMY, Server, free_port, uwsgi_server
from tests.services.forms import browser_like, follow
from tests.services.oidc import OidcProvider, oidc_provider
from tests.services.router import Router, tls_router


@dataclass(frozen=True)
class Site:
    provider: OidcProvider
    server: Server
    router: Router

    @property
    def url(self) -> str:
        return self.router.url

    def browser(self) -> requests.Session:
        browser = browser_like()
        browser.verify = str(self.router.certificate)
        return browser

    def sign_on(self, login: str) -> requests.Session:
        browser = self.browser()
        home = f"{self.url}/conf/me/roles"
        follow(browser, f"{self.url}/login?next=/conf/me/roles", login, until=home)
        return browser


@contextmanager
def site(folder: Path, *, processes: int = 4) -> Iterator[Site]:
    """Starts it all; the address of the router must be known to the provider first."""
    port = free_port()
    callback = f"https://127.0.0.1:{port}/oauth-done"
    with oidc_provider([callback], folder / "provider.log") as provider:
        settings = {"SAPI_BACKENDS": DUMMY, "SAPI_PROXIES": "1", **provider.settings()}
        with uwsgi_server(settings, folder / "uwsgi.log", processes=processes) as server:
            target = urlsplit(server.url).port
            assert target is not None
            with tls_router(folder, port, target) as router:
                yield Site(provider, server, router)
