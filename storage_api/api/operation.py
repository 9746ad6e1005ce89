"""What one HTTP method of one resource does, said once beside it.

``@operation(...)`` carries the role, the body and the answer of a method. The
resource's dispatcher enforces them and the Swagger page shows them, so neither can
say something that the other does not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from storage_api.api.bodies import Body
from storage_api.security.roles import Role

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One method.

    ``role`` ``None`` is open to everybody. ``returns`` is a record, ``list[record]``,
    or ``None`` for an empty answer. ``status`` is that of a success; a create that may
    find its work done already (``idempotent_create``) answers 200 then. ``errors`` says
    what each error status means here, beside those that every operation has.
    ``also`` are records of other successes, which the method answers as whole responses.
    ``parameters`` are those of the query that are no filter or page of a list. A method
    that answers in a published form of its own gives its answers as ``documents``, and
    what it ``produces`` where that is not JSON.
    """

    id: str
    role: Role | None
    returns: Any = None
    status: HTTPStatus = HTTPStatus.OK
    body: Body | None = None
    idempotent_create: bool = False
    errors: dict[HTTPStatus, str] = field(default_factory=dict)
    also: Mapping[HTTPStatus, type] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()
    documents: Mapping[HTTPStatus, Mapping[str, Any]] = field(default_factory=dict)
    produces: str | None = None

    @property
    def is_list(self) -> bool:
        return getattr(self.returns, "__origin__", None) is list

    @property
    def is_paged(self) -> bool:
        """Lists of records are; lists of mere names are short."""
        return self.is_list and is_dataclass(self.record)

    @property
    def record(self) -> Any:
        """The record that is answered, one or many."""
        return self.returns.__args__[0] if self.is_list else self.returns


def operation(id: str, role: Role | None, **details: Any) -> Callable[[Method], Method]:  # noqa: A002  # Swagger's word
    def attach(method: Method) -> Method:
        method.operation = Operation(id, role, **details)  # type: ignore[attr-defined]
        return method

    return attach


def operation_of(method: Any) -> Operation:
    found: Operation = method.operation
    return found
