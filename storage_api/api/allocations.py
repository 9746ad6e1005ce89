"""``/v3/<e>/allocations``: a namespace with its quota, owner, key and bucket, made as one."""

from http import HTTPStatus

from flask import current_app

from storage_api.allocations.host import Host
from storage_api.allocations.service import Allocations
from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.domain.models import Allocation, NewAllocation
from storage_api.domain.requests import AllocationCreate, AllocationPatch
from storage_api.domain.units import TIB
from storage_api.security.roles import Role

_NONE = {HTTPStatus.NOT_FOUND: "There is no such allocation."}


def _allocations() -> Allocations:
    found: Allocations = current_app.extensions["storage_api_allocations"]
    return found


class AllocationList(BackendResource):
    backend: Host

    @operation("list_allocations", Role.USER, returns=list[Allocation])
    def get(self) -> list[Allocation]:
        """List the allocations

        As they are recorded here: limits and usage are null."""
        return _allocations().list(self.endpoint_name)

    @operation(
        "create_allocation",
        Role.ADMIN,
        returns=NewAllocation,
        status=HTTPStatus.CREATED,
        body=Body(AllocationCreate, example={"name": "Smith Lab", "size_bytes": TIB}),
        idempotent_create=True,
        errors={HTTPStatus.CONFLICT: "It exists with other settings, or its namespace does."},
    )
    def post(self, body: AllocationCreate) -> tuple[NewAllocation, bool]:
        """Make a namespace with a quota, an owner with a key, and a bucket

        All is checked before anything is made. The secret is in this answer and in no other.
        After a failure that may pass, the same request goes on where it ended; after any other,
        what was made is removed again. 200 when the allocation exists already just so."""
        return _allocations().create(self.endpoint_name, self.backend, body)


class AllocationItem(BackendResource):
    backend: Host

    @operation("get_allocation", Role.USER, returns=Allocation, errors=_NONE)
    def get(self, allocation: str) -> Allocation:
        """Get one allocation, with its limits and usage"""
        return _allocations().get(self.endpoint_name, self.backend, allocation)

    @operation(
        "resize_allocation",
        Role.ADMIN,
        returns=Allocation,
        body=Body(AllocationPatch, example={"size_bytes": 2 * TIB}),
        errors=_NONE
        | {HTTPStatus.CONFLICT: "More is stored than the new size, or it is not active."},
    )
    def patch(self, allocation: str, body: AllocationPatch) -> Allocation:
        """Set another size

        On the namespace and on its bucket. Not below what is stored, unless `force` is given."""
        return _allocations().resize(self.endpoint_name, self.backend, allocation, body)

    @operation(
        "delete_allocation",
        Role.UBER_ADMIN,
        status=HTTPStatus.NO_CONTENT,
        errors={HTTPStatus.CONFLICT: "It still holds something; the detail says what."},
    )
    def delete(self, allocation: str) -> None:
        """Delete an allocation that holds no data

        Also 204 when it is gone already, and the way to remove one that was made half-way."""
        _allocations().delete(self.endpoint_name, self.backend, allocation)
