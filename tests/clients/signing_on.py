"""Cookies of somebody with every role, as curl would keep them."""

import http.cookiejar
from pathlib import Path

import requests


def sign_on(url: str, folder: Path) -> Path:
    """At a service in debug mode."""
    path = folder / "cookies.txt"
    jar = http.cookiejar.MozillaCookieJar(path)
    with requests.Session() as session:
        session.trust_env = False
        session.cookies = jar  # type: ignore[assignment]  # any jar will do
        session.get(f"{url}/login", timeout=10).raise_for_status()
    jar.save(ignore_discard=True)
    path.chmod(0o600)
    return path
