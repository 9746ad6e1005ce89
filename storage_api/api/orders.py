"""``/v3/<e>/volumes/<volume>/orders``: what a provider does about what a portal ordered."""

from http import HTTPStatus

from storage_api.api.bodies import Body
from storage_api.api.operation import operation
from storage_api.api.resource import BackendResource
from storage_api.backends.orders import OrderStore
from storage_api.domain.errors import Invalid
from storage_api.domain.models import Order, Volume
from storage_api.domain.requests import (
    AppliedOptions,
    BackendId,
    OrderApproval,
    OrderFailure,
    OrderRejection,
)
from storage_api.domain.units import TIB
from storage_api.security.roles import Role

_NO_ORDER = {
    HTTPStatus.NOT_FOUND: "There is no such volume, or it has no such order.",
    HTTPStatus.CONFLICT: "The order is in another state, or several volumes share the path.",
}
_NO_VOLUME = {
    HTTPStatus.NOT_FOUND: "There is no such volume.",
    HTTPStatus.CONFLICT: "Several volumes share the path.",
}
_QUOTA = {"max_bytes": 10 * TIB, "soft_objects": 13_300_000, "max_objects": 20_000_000}


class OrderList(BackendResource):
    backend: OrderStore

    @operation("list_orders", Role.ADMIN, returns=list[Order], errors=_NO_VOLUME)
    def get(self, volume: str) -> list[Order]:
        """List a volume's open orders

        There is one at most."""
        return self.backend.list_orders(volume)


class OrderApprove(BackendResource):
    backend: OrderStore

    @operation(
        "approve_order",
        Role.ADMIN,
        returns=Order,
        body=Body(OrderApproval, example={"quota": _QUOTA}),
        errors=_NO_ORDER,
    )
    def post(self, volume: str, order: str, body: OrderApproval) -> Order:
        """Take an order on

        `quota` tells the consumer what was really set. An order that has been taken on already
        is answered as it is."""
        return self.backend.approve_order(volume, order, body.get("quota"))


class OrderReject(BackendResource):
    backend: OrderStore

    @operation(
        "reject_order",
        Role.ADMIN,
        returns=Order,
        body=Body(OrderRejection, example={"reason": "There is no space left."}),
        errors=_NO_ORDER,
    )
    def post(self, volume: str, order: str, body: OrderRejection) -> Order:
        """Refuse an order

        An order that is refused already is answered as it is."""
        return self.backend.reject_order(volume, order, body["reason"])


class OrderDone(BackendResource):
    backend: OrderStore

    @operation("complete_order", Role.ADMIN, returns=Order, errors=_NO_ORDER)
    def post(self, volume: str, order: str) -> Order:
        """Say that an order's work is done

        An order that is done already is answered as it is."""
        return self.backend.complete_order(volume, order)


class OrderErred(BackendResource):
    backend: OrderStore

    @operation(
        "fail_order",
        Role.ADMIN,
        returns=Order,
        body=Body(OrderFailure, example={"message": "The file system is read-only."}),
        errors=_NO_ORDER,
    )
    def post(self, volume: str, order: str, body: OrderFailure) -> Order:
        """Say that an order's work has failed

        An order that has failed already is answered as it is."""
        return self.backend.fail_order(volume, order, body["message"], body.get("traceback", ""))


class VolumeBackendId(BackendResource):
    v3 = True  # for it answers a volume
    backend: OrderStore

    @operation(
        "set_backend_id",
        Role.ADMIN,
        returns=Volume,
        body=Body(BackendId, example={"backend_id": "/capstor/store/cscs/lab/climate"}),
        errors=_NO_VOLUME | {HTTPStatus.CONFLICT: "Another volume is there."},
    )
    def put(self, volume: str, body: BackendId) -> Volume:
        """Say where a volume really is

        The path becomes its mount point, and without the first slash its name."""
        return self.backend.set_backend_id(volume, body["backend_id"])


class VolumeOptions(BackendResource):
    v3 = True  # for it answers a volume
    backend: OrderStore

    @operation(
        "set_applied_options",
        Role.ADMIN,
        returns=Volume,
        body=Body(AppliedOptions, example={"quota": _QUOTA, "mode": "2770"}),
        errors=_NO_VOLUME,
    )
    def put(self, volume: str, body: AppliedOptions) -> Volume:
        """Say which limits and permissions are really set

        What is not given stays as it is."""
        if not body:
            raise Invalid("Nothing to set: give quota or mode.")
        return self.backend.set_applied(volume, body.get("quota"), body.get("mode"))
