"""What went wrong, in words that may stand on a page: no address, no header, no secret."""

import re

from storage_api_client import ApiError, ConfigurationError, Forbidden, Unavailable

_ADDRESS = re.compile(r"https?://\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")


class Refused(Exception):
    """What is asked for cannot or must not be done. The text is for people."""


class Misconfigured(Refused):
    """A setting or an attribute is missing or wrong. The text says which one."""


def told(error: Exception) -> str:
    """``error`` for people; the log has the rest."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, ConfigurationError):
        # Its text may name a file of the server.
        return "The storage service's address or token will not do; ColdFront's log says why."
    if not isinstance(error, ApiError):
        return "Something unexpected happened; ColdFront's log has the details."
    if isinstance(error, Forbidden):
        return "The storage service refuses ColdFront's credential or role."
    if isinstance(error, Unavailable) and not error.code.startswith("backend-"):
        return "The storage service cannot be reached, or is too busy."
    return _ADDRESS.sub("…", str(error))
