"""What SQLite reports, in an operator's words.

The file's path stays out of them: it is an option's value, and anybody may read
the state of a back-end.
"""

import sqlite3

from storage_api.domain.errors import BackendError, BackendMisbehaved, BackendUnavailable

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNREACHABLE = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


def explain(error: sqlite3.Error) -> BackendError | sqlite3.Error:
    """The domain's error for ``error``; itself where it is a mistake of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return error
    primary = code & 0xFF
    if primary in _BUSY:
        return BackendUnavailable("The dummy's store is busy.")
    if primary == sqlite3.SQLITE_FULL:
        return BackendUnavailable("There is no space left for the dummy's store.")
    if primary in _UNREACHABLE:
        return BackendUnavailable(
            "The dummy's store cannot be opened, read or written: check that the file that option "
            "'path' names, and its directory, can be written by the service."
        )
    return BackendMisbehaved("The dummy's store is damaged, or option 'path' names another file.")
