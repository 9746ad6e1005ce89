"""A browser without a screen: keeps cookies, and fills in the forms of a provider."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


def browser_like() -> requests.Session:
    """Keeps cookies, and takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class Form(HTMLParser):
    """The first form of a page: where it goes, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = found["action"]
        if tag == "input" and "name" in found:
            self.fields[found["name"]] = found.get("value", "")


def follow(browser: requests.Session, url: str, login: str, *, until: str, **more: Any) -> str:
    """Go to ``url``, through the provider's forms as ``login``, and answer the address at the end.

    The end is an address that starts with ``until``; it is not visited.
    """
    response = browser.get(url, allow_redirects=False, timeout=30, **more)
    for _ in range(20):
        if response.is_redirect:
            url = urljoin(response.url, response.headers["Location"])
            if url.startswith(until):
                return url
            response = browser.get(url, allow_redirects=False, timeout=30, **more)
        else:
            form = Form(response.text)
            assert form.action, f"{response.status_code} {response.url}: {response.text[:2000]}"
            fields = {**form.fields}
            fields |= {"login": login, "password": "any"} if "login" in fields else {}
            action = urljoin(response.url, form.action)
            response = browser.post(action, fields, allow_redirects=False, timeout=30, **more)
    raise AssertionError("endless redirects")


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
