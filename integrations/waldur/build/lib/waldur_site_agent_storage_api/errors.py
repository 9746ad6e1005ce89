"""From the API's errors to those that decide what the agent does with an order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from waldur_site_agent.backend.exceptions import BackendError, BackendNotReadyError

from storage_api_client import ApiError, ConfigurationError, Forbidden, Unavailable


class StorageApiUnavailable(BackendNotReadyError, httpx.TransportError):
    """The service, or the storage system behind it, gives no answer now.

    As BackendNotReadyError an order waits for the next cycle. As TransportError, which is how
    the agent tells outages, membership sync leaves the resource's state as it is. Anything else
    would make both erred.
    """


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the API become the agent's; texts hold no address and no credential.

    Raises:
        StorageApiUnavailable: the same may work later.
        BackendError: it will not.
    """
    try:
        yield
    except ConfigurationError as error:
        raise StorageApiUnavailable(f"storage-api: {error}") from None
    except (Unavailable, Forbidden) as error:
        # A token that has run out is the operator's affair, and no reason to fail an order.
        raise StorageApiUnavailable(_text(error)) from None
    except ApiError as error:
        if error.retryable:
            raise StorageApiUnavailable(_text(error)) from None
        raise BackendError(_text(error)) from None


def _text(error: ApiError) -> str:
    known = f" (request {error.request_id})" if error.request_id else ""
    return f"storage-api: {error.detail or error.title}{known}"
