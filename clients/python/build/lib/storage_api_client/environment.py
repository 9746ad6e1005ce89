"""Reads ``STORAGE_API_*``; nothing else of the client looks at the environment."""

from collections.abc import Mapping
from typing import Any

from storage_api_client import store
from storage_api_client.errors import ConfigurationError
from storage_api_client.transport import checked_url

_SECRETS = {
    "token": "STORAGE_API_TOKEN",
    "token_file": "STORAGE_API_TOKEN_FILE",
    "cookies": "STORAGE_API_COOKIES",
}


def read(environ: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of a ``Client``.

    Raises:
        ConfigurationError: the address is missing, or several secrets are given.
    """
    url = environ.get("STORAGE_API_URL")
    if not url:
        raise ConfigurationError("STORAGE_API_URL is not set")
    url = checked_url(url)
    given = {name: environ[key] for name, key in _SECRETS.items() if environ.get(key)}
    if len(given) > 1:
        raise ConfigurationError(f"give only one of {', '.join(_SECRETS.values())}")
    return {"url": url, **(given or store.find(url, environ))}
