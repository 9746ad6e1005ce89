"""What can go wrong, told in one small tree that every layer shares.

    StorageError
    ├── Invalid               400  the request itself is wrong
    ├── NotFound              404
    ├── AlreadyExists         409  (400 on the v3 routes)
    ├── Conflict              409  the state of the thing forbids it
    │   └── LockHeld          409  (400 on the v3 routes)
    ├── NotSupported          501  this back-end has no such feature
    └── BackendError               the storage system behind us failed
        ├── BackendRefused    502  it rejected *our* credential or role
        ├── BackendMisbehaved 502  it answered something that it must not
        ├── BackendUnavailable 503 it is down, or as busy as we allow
        ├── BackendTimeout    504  it is too slow
        └── BackendFull       507  it has no space left for this

A back-end raises these and nothing else; the API layer alone turns them into
answers. ``str(error)`` goes to the caller, so it holds neither secrets nor a
vendor's payload.
"""

from http import HTTPStatus


class StorageError(Exception):
    """Base of all. ``retryable``: would the same request, sent again, perhaps work?"""

    status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR
    slug: str = "internal-error"
    retryable: bool = False
    retry_after: int | None = None

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        if retry_after is not None:
            self.retry_after = retry_after


class Invalid(StorageError):
    status = HTTPStatus.BAD_REQUEST
    slug = "invalid"


class NotFound(StorageError):
    status = HTTPStatus.NOT_FOUND
    slug = "not-found"


class AlreadyExists(StorageError):
    status = HTTPStatus.CONFLICT
    v3_status = HTTPStatus.BAD_REQUEST
    slug = "already-exists"


class Conflict(StorageError):
    status = HTTPStatus.CONFLICT
    slug = "conflict"


class LockHeld(Conflict):
    v3_status = HTTPStatus.BAD_REQUEST
    slug = "lock-held"


class NotSupported(StorageError):
    status = HTTPStatus.NOT_IMPLEMENTED
    slug = "not-supported"


class BackendError(StorageError):
    status = HTTPStatus.BAD_GATEWAY
    slug = "backend-error"


class BackendRefused(BackendError):
    slug = "backend-refused"


class BackendMisbehaved(BackendError):
    slug = "backend-misbehaved"


class BackendUnavailable(BackendError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "backend-unavailable"
    retryable = True
    retry_after = 5


class BackendTimeout(BackendError):
    status = HTTPStatus.GATEWAY_TIMEOUT
    slug = "backend-timeout"
    retryable = True


class BackendFull(BackendError):
    status = HTTPStatus.INSUFFICIENT_STORAGE
    slug = "backend-full"
