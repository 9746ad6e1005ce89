"""Refuses writes that another site's page makes with our user's cookie."""

from urllib.parse import urlsplit

from flask import request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site_write(cookie_name: str) -> bool:
    """True for a write with the session cookie that a page of another origin sent.

    Scripts send neither header and are fine; a browser always sends one of them.
    """
    if request.method in SAFE_METHODS or cookie_name not in request.cookies:
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    # The scheme is left out: behind a TLS router the browser's is https and ours is http.
    return origin is not None and _host(origin) != request.host


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
