"""What can go wrong, in one small tree, told by the service's problem documents.

    ApiError
    ├── Invalid          400  the request itself is wrong
    ├── Forbidden        403  you lack the role; 401 where the token does not count
    ├── NotFound         404
    ├── Conflict         409  the state of the thing forbids it
    │   └── AlreadyExists     also where the older families answer 400
    ├── NotSupported     501  this back-end has no such feature
    ├── Full             507  the back-end has no space left
    └── Unavailable      502, 503, 504, 429, or no answer at all
    JobFailed                 the work that was handed to a job failed or was cancelled
    ConfigurationError        no request was made: address, token or file will not do

No text holds a secret: neither the token, nor a cookie, nor a key.
"""

from collections.abc import Mapping
from typing import Any

_OTHER_AUTHORITY = frozenset({429, 502, 503, 504})


class ConfigurationError(ValueError):
    """An address, a token, a file or a name will not do; nothing was sent."""


class ApiError(Exception):
    """The service refused, failed, or did not answer.

    Attributes:
        status: of the answer; 0 if there was none.
        code: the problem's slug, such as ``not-found``; for programs.
        title: the status in words.
        detail: what is wrong; for people.
        request_id: what the service's log has it under.
        retryable: whether the same request, sent again later, may work.
        retry_after: after how many seconds the service wants that, if it said so.
        may_have_happened: whether a change that was asked for may have been made all the same.
    """

    def __init__(  # noqa: PLR0913  # the members of a problem document
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        request_id: str | None = None,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        may_have_happened: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.may_have_happened = may_have_happened

    def __str__(self) -> str:
        return self.detail or self.title

    def __reduce__(self) -> tuple[Any, ...]:
        plain = (self.status, self.code, self.title, self.detail, self.request_id)
        return type(self), plain, self.__dict__


class Invalid(ApiError):
    pass


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class Conflict(ApiError):
    pass


class AlreadyExists(Conflict):
    pass


class NotSupported(ApiError):
    pass


class Full(ApiError):
    pass


class Unavailable(ApiError):
    pass


class JobFailed(Exception):
    """A job ended as ``failed`` or ``cancelled``; ``record`` says what is left, and why."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        errors = "; ".join(record["errors"]) or "no reason given"
        super().__init__(f"job {record['id']} {record['state']}: {errors}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.record,)


_BY_CODE: Mapping[str, type[ApiError]] = {
    "already-exists": AlreadyExists,
    "lock-held": Conflict,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    414: Invalid,
    415: Invalid,
    422: Invalid,
    501: NotSupported,
    507: Full,
    **dict.fromkeys(_OTHER_AUTHORITY, Unavailable),
}


def error_class(status: int, code: str) -> type[ApiError]:
    """Codes tell more than statuses: older families answer 400 for what is a conflict."""
    return _BY_CODE.get(code) or _BY_STATUS.get(status, ApiError)
