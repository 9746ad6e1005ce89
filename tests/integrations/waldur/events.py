"""What Waldur would tell the agent, over the broker."""

from typing import Any

from tests.integrations.waldur.lab import Lab
from tests.services.rabbitmq import RabbitMq
from tests.simulators.waldur.records import Offering, Order, Resource


def over(broker: RabbitMq) -> dict[str, Any]:
    """An offering's configuration for events."""
    return {
        "stomp_enabled": True,
        "stomp_ws_host": "127.0.0.1",
        "stomp_ws_port": broker.port,
        "stomp_ws_path": "/ws",
        "websocket_use_tls": False,
    }


class Events:
    """Tells the agent what Waldur would."""

    def __init__(self, lab: Lab, broker: RabbitMq) -> None:
        self._lab = lab
        self._broker = broker

    def tell(self, offering: Offering, **message: Any) -> None:
        [queue] = [
            f"consumer_{row['uuid']}"
            for row in self._lab.waldur.store.tables["identities"].values()
            if row["offering"] == offering.uuid
        ]
        self._broker.publish(self._lab.waldur.provider.uuid, queue, message)

    def push(self, order: Order) -> Order:
        self.tell(
            order.resource.offering,
            object_type="order",
            order_uuid=order.uuid,
            order_state=order.state,
        )
        return order

    def rotate(self, account: Resource, key: dict[str, Any]) -> None:
        self._lab.waldur.secrets.begin_rotation(key)
        self.tell(
            account.offering,
            object_type="resource_api_key_rotation",
            action="rotate",
            resource_uuid=account.uuid,
            resource_backend_id=account.backend_id,
            api_key_uuid=key["uuid"],
            client_id=key["client_id"],
        )
