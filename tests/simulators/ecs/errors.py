"""The error envelope of ECS and the codes that the simulator gives."""

from typing import Any

_STATUS = {
    1003: 415,
    1007: 405,
    1019: 404,
    1026: 403,
    2000: 404,
    3000: 403,
    3001: 403,
    4000: 401,
    # The kind of "busy" that the data service has.
    30026: 503,
}
_RANGES = ((6000, 6507, 503), (7000, 7000, 500), (8000, 8999, 500), (10500, 10500, 500))
_DESCRIPTIONS = {
    1002: "The request URI is not valid",
    1003: "Unsupported media type",
    1004: "Unable to find entity with the given id",
    1005: "Required parameter is missing or empty",
    1007: "Method not supported",
    1008: "Parameter was provided but invalid",
    1011: "The replication group cannot be used",
    1012: "The change is not supported",
    1013: "Bad request body",
    1015: "Resource already exists",
    1020: "Resource is still referenced",
    1025: "Resource cannot be deleted",
    1031: "The request exceeds a limit",
    1032: "Quota is not valid",
    1057: "A precondition is not met",
    2000: "Unable to find entity specified in URL with the given id",
    3000: "Access forbidden: Insufficient permissions",
    3001: "A license is missing",
    4000: "Authentication failed",
    6503: "Service unavailable",
    7000: "Internal server error",
    30026: "Service is busy",
    40005: "Bad replication group",
    40008: '"Bucket already exists"',
    40009: "Bad bucket name",
    40010: "Bad bucket owner",
    40015: "Allowed and disallowed replication groups overlap",
}


class EcsError(Exception):
    """Becomes ``{"code": int, "description", "details", "retryable": false}``."""

    def __init__(self, code: int, details: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.status = status or _status(code)

    def document(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "description": _DESCRIPTIONS.get(self.code, "Error"),
            "details": self.details or _DESCRIPTIONS.get(self.code, "Error"),
            # As contracted: constant, whatever the error.
            "retryable": False,
        }


def _status(code: int) -> int:
    for lowest, highest, status in _RANGES:
        if lowest <= code <= highest:
            return status
    return _STATUS.get(code, 400)


def no_entity(what: str) -> EcsError:
    """A namespace, bucket or retention class that is not there: 400, not 404."""
    return EcsError(1004, f"Unable to find entity {what}")


def no_user(name: str) -> EcsError:
    return EcsError(2000, f"User {name} not found")


def missing(parameter: str) -> EcsError:
    return EcsError(1005, f"Required parameter {parameter} is missing or empty")


def invalid(parameter: str, value: object) -> EcsError:
    return EcsError(1008, f"Parameter {parameter} was provided but invalid: {value}")


def bad_body(why: str) -> EcsError:
    return EcsError(1013, why)


def forbidden() -> EcsError:
    return EcsError(3000)
