"""What ``sapi`` ends with, so that scripts can tell."""

from collections.abc import Mapping
from typing import Final

from storage_api_client.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Full,
    Invalid,
    NotFound,
    NotSupported,
    Unavailable,
)

OK: Final = 0
ERROR: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
CONFLICT: Final = 4
FORBIDDEN: Final = 5
UNAVAILABLE: Final = 6
NOT_SUPPORTED: Final = 7
FULL: Final = 8
JOB_FAILED: Final = 9
INTERRUPTED: Final = 130

_CODES: Mapping[type[ApiError], int] = {
    Invalid: USAGE,
    NotFound: NOT_FOUND,
    Conflict: CONFLICT,
    Forbidden: FORBIDDEN,
    Unavailable: UNAVAILABLE,
    NotSupported: NOT_SUPPORTED,
    Full: FULL,
}


def code_of(error: ApiError) -> int:
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), ERROR)
