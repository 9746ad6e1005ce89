"""ONTAP's error envelope and the codes that the simulator gives."""

from typing import Any

# Clients must decide on the code; these are the usual statuses, everything else is 400.
_STATUS = {
    "1": 409,
    "3": 404,
    "4": 404,
    "6": 403,
    "8": 409,
    "13107405": 409,
    "13107406": 409,
    "1638600": 404,
    "1703954": 404,
    "524486": 409,
    "524601": 404,
    "2621573": 500,
    "917536": 500,
}


class OntapError(Exception):
    """Becomes ``{"error": {"code": "<string>", "message", "target"}}``, or fails a job."""

    def __init__(
        self, code: int | str, message: str, *, target: str = "", status: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = str(code)
        self.message = message
        self.target = target
        self.status = status or _STATUS.get(self.code, 400)

    def document(self) -> dict[str, Any]:
        error = {"message": self.message, "code": self.code}
        return {**error, "target": self.target} if self.target else error


def no_entry(target: str = "uuid") -> OntapError:
    return OntapError(4, "entry doesn't exist", target=target)


def malformed_uuid(value: str) -> OntapError:
    # [C] a published transcript shows 404 with code 2.
    return OntapError(2, f'"{value}" is an invalid value for field "uuid"', status=404)


def bad_value(target: str, value: object) -> OntapError:
    return OntapError(
        262197, f'The value "{value}" is invalid for field "{target}".', target=target
    )


def not_settable(target: str) -> OntapError:
    return OntapError(262196, f'Field "{target}" cannot be set in this operation.', target=target)


def missing(target: str) -> OntapError:
    # [I] which of the general codes a missing field gives.
    return OntapError(2, f'A value for field "{target}" is required.', target=target)


def not_authorized() -> OntapError:
    return OntapError(6, "not authorized for that command")


def unknown_api() -> OntapError:
    return OntapError(3, "API not found")
