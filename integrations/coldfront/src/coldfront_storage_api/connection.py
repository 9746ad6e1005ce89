"""The client of the service, as the settings say. The only thing here that talks to anybody."""

from functools import lru_cache

from coldfront_storage_api import __version__
from coldfront_storage_api.settings import Settings, current
from storage_api_client import Client


def client() -> Client:
    """One for all requests of a thread-safe process; made anew when a setting changes.

    Raises:
        Misconfigured: a setting is missing or wrong.
    """
    return _client(current())


@lru_cache(maxsize=4)
def _client(settings: Settings) -> Client:
    # Somebody waits for a page: what fails is recorded, and tried again by the nightly command.
    return Client(
        settings.url,
        token=settings.token,
        token_file=settings.token_file,
        cookies=settings.cookies,
        timeout=settings.timeout,
        verify=settings.verify,
        retries=0,
        user_agent=f"coldfront-storage-api/{__version__} ({settings.site})",
    )
