"""How often one address may try to sign on."""

import structlog
from limits import parse
from limits.errors import StorageError as LimitStorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from storage_api.domain.secrets import Secret

log = structlog.get_logger(__name__)


class SignOnLimit:
    """Counts in this process, or in Redis for all processes together."""

    def __init__(self, redis_url: Secret | None, *, per_minute: int) -> None:
        url = redis_url.reveal() if redis_url else "memory://"
        storage = storage_from_string(url, wrap_exceptions=True)
        self._limiter = FixedWindowRateLimiter(storage)
        self._limit = parse(f"{per_minute}/minute")

    def allows(self, what: str, address: str) -> bool:
        """Counts this try. While Redis cannot be asked nobody is kept out, and the log says so."""
        try:
            return self._limiter.hit(self._limit, "sign-on", what, address)
        except LimitStorageError as error:
            log.warning("sign-on-limit-not-counted", reason=repr(error.storage_error)[:200])
            return True
