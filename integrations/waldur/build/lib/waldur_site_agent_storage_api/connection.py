"""The client of storage-api that an offering's settings ask for."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from storage_api_client import Client
from waldur_site_agent_storage_api.settings import Settings


def client_of(settings: Settings) -> Client:
    """The token is read from its file, anew whenever that changes."""
    verify: Any = settings.verify_ssl
    if settings.verify_ssl and settings.ca_file is not None:
        verify = str(settings.ca_file)
    name = "waldur-site-agent-storage-api"
    return Client(
        settings.api_url.rstrip("/"),
        token_file=settings.api_token_file,
        timeout=settings.timeout,
        verify=verify,
        user_agent=f"{name}/{version(name)}",
    )
