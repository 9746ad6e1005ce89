"""The base of every resource: role first, then names, mask and body, then the method.

flask-restx validates bodies before any decorator of a method runs, so that a
stranger would be told about the schema; here the order is fixed in one place.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, ClassVar

from flask import Response, request
from flask_restx import Resource
from flask_restx.mask import Mask
from werkzeug.exceptions import Forbidden

from storage_api.api.bodies import NO_BODY
from storage_api.api.encoding import json_response, requested_mask
from storage_api.api.listing import paged
from storage_api.api.operation import Operation, operation_of
from storage_api.backends.base import StorageBackend
from storage_api.domain import names
from storage_api.domain.errors import AlreadyExists, LockHeld
from storage_api.security.principal import current_principal
from storage_api.security.roles import Role
from storage_api.transport.context import doing
from storage_api.transport.doors import Door

View = Callable[[], Response]

#: How each path parameter is checked.
NAME_RULES = {
    "volume": names.VOLUME,
    "snapshot": names.SNAPSHOT,
    "host": names.HOST,
    "policy": names.POLICY,
    "rule": names.RULE,
    "bucket": names.BUCKET,
    "uid": names.USER,
    "access_key": names.ACCESS_KEY,
    "namespace": names.NAMESPACE,
    "order": names.ORDER,
    "job": names.JOB,
    "allocation": names.ALLOCATION,
}


def authorize(role: Role | None) -> None:
    """403 (never 401, as v3's clients expect) for a caller without ``role``."""
    principal = current_principal()
    if role is None or role in principal.roles:
        return
    if principal.subject is None:
        raise Forbidden(f"You are not signed on; this needs the role {role}. See /login.")
    raise Forbidden(f"You do not have the role {role}.")


def requires(role: Role) -> Callable[[View], View]:
    """The same for a view that is no resource, whose attribute ``role`` then says so."""

    def checking(view: View) -> View:
        @wraps(view)
        def checked() -> Response:
            authorize(role)
            return view()

        checked.role = role  # type: ignore[attr-defined]
        return checked

    return checking


class ApiResource(Resource):
    """A resource whose methods are described by ``@operation``."""

    #: v3's families: RFC 822 times, and 400 for what newer ones call a conflict.
    v3: ClassVar[bool] = False

    def dispatch_request(self, **path: str) -> Response:
        method = getattr(self, "get" if request.method == "HEAD" else request.method.lower())
        operation = operation_of(method)
        authorize(operation.role)
        for parameter, value in path.items():
            if parameter in NAME_RULES:
                NAME_RULES[parameter].check(value)
        mask = requested_mask(operation.record)
        body = {"body": operation.body.read()} if operation.body else {}
        if operation.body is None and request.method == "POST" and not self.v3:
            NO_BODY.read()
        try:
            with doing(operation.id), self.admission():
                result = method(**path, **body)
        except (AlreadyExists, LockHeld) as error:
            if self.v3:
                error.status = type(error).v3_status
            raise
        return self._answer(operation, result, mask)

    def admission(self) -> AbstractContextManager[None]:
        """What a request must pass before its work begins."""
        return nullcontext()

    def _answer(self, operation: Operation, result: Any, mask: Mask | None) -> Response:
        status, headers = operation.status, {"Cache-Control": "no-store"}
        if operation.idempotent_create:
            result, made = result
            status = operation.status if made else type(operation.status).OK
        if isinstance(result, Response):
            return result
        if operation.returns is None:
            return Response(status=status, headers=headers)
        if operation.is_paged:
            result, links = paged(result, operation.record)
            headers |= links
        return json_response(result, status, v3=self.v3, mask=mask, headers=headers)


class BackendResource(ApiResource):
    """A resource of one mounted back-end."""

    def __init__(
        self, api: object, *, endpoint: str, backend: StorageBackend, door: Door | None
    ) -> None:
        super().__init__(api)
        self.endpoint_name = endpoint
        self.backend: Any = backend
        self._door = door

    def admission(self) -> AbstractContextManager[None]:
        return self._door.enter() if self._door else nullcontext()
