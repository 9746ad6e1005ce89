"""Event mode over a real RabbitMQ, and what may go wrong on the way: never two, never none."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import skip_or_fail
from tests.integrations.waldur.agent import Agent, until
from tests.integrations.waldur.lab import GB, Lab
from tests.services.rabbitmq import INSTALL, RabbitMq, missing_programs, rabbitmq
from tests.simulators.waldur.records import Offering, Order


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    if missing_programs():
        skip_or_fail(f"no RabbitMQ: {INSTALL}")
    with rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as found:
        yield found


@pytest.fixture(scope="module")
def offerings(lab: Lab, broker: RabbitMq) -> dict[str, Offering]:
    lab.waldur.agents.make_queue = broker.make_queue
    events = {
        "stomp_enabled": True,
        "stomp_ws_host": "127.0.0.1",
        "stomp_ws_port": broker.port,
        "stomp_ws_path": "/ws",
        "websocket_use_tls": False,
    }
    return {
        kind: lab.offer(kind, settings={"kind": kind}, **events)
        for kind in ("volume", "bucket", "user")
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


@pytest.fixture(scope="module")
def events(lab: Lab, broker: RabbitMq) -> Events:
    return Events(lab, broker)


@pytest.fixture
def agent(lab: Lab, broker: RabbitMq, offerings: dict[str, Offering]) -> Iterator[Agent]:
    with lab.site.running("event_process") as running:
        until(lambda: broker.consumers() == len(offerings), 60)
        yield running
    until(lambda: broker.consumers() == 0)


def test_what_is_pushed_is_done(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    order = events.push(lab.order(offerings["volume"], "pushed"))
    [resource] = lab.made(order)
    path = f"/v3/dummy/volumes/{resource.backend_id}"
    assert lab.call("GET", path)["size_total"] == 5 * GB

    # Twice told is once done.
    before = lab.names("volumes")
    events.push(order)
    bigger = events.push(lab.waldur.change_limits(resource, 9))
    events.push(bigger)
    lab.made(bigger)
    assert lab.call("GET", path)["size_total"] == 9 * GB
    assert lab.names("volumes") == before

    # A key of an account is rotated, and Waldur learns the new one.
    [account] = lab.made(events.push(lab.order(offerings["user"], "pushed")))
    key = lab.waldur.secrets.of(account)[0]
    former = dict(key)
    lab.waldur.secrets.begin_rotation(key)
    events.tell(
        offerings["user"],
        object_type="resource_api_key_rotation",
        action="rotate",
        resource_uuid=account.uuid,
        resource_backend_id=account.backend_id,
        api_key_uuid=key["uuid"],
        client_id=key["client_id"],
    )
    until(lambda: key["state"] != "Updating")
    assert key["state"] == "OK", key["error_message"]
    assert key["api_key"] != former["api_key"]
    held = lab.call("GET", f"/v3/dummy/users/{account.backend_id}/keys")
    told = {row["client_id"] for row in lab.waldur.secrets.of(account)}
    assert {row["access_key"] for row in held} == told
    assert len(told) == 2

    lab.made(events.push(lab.waldur.terminate(resource)))
    assert lab.call("GET", path) is None

    # Signs off, rather than being cut off.
    agent.process.terminate()
    assert agent.process.wait(20) == 0


@pytest.mark.parametrize("kind", ["volume", "bucket", "user"])
def test_an_agent_killed_before_it_told_waldur_finds_what_it_made(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent, kind: str
) -> None:
    before = set(lab.names(f"{kind}s"))
    lab.waldur.faults.add(method="POST", path="*/set_backend_id/", kind="hang", seconds=3)
    seen = len(lab.waldur.requests)
    order = events.push(lab.order(offerings[kind], "killed"))
    until(lambda: any(row.path.endswith("/set_backend_id/") for row in lab.waldur.requests[seen:]))
    agent.kill()
    [name] = set(lab.names(f"{kind}s")) - before - ({"msocean"} if kind == "user" else set())

    with lab.site.running("event_process"):
        [resource] = lab.made(order)
    assert resource.backend_id == name
    assert set(lab.names(f"{kind}s")) - before == {name}
    if kind == "user":
        held = lab.call("GET", f"/v3/dummy/users/{name}/keys")
        told = {row["client_id"] for row in lab.waldur.secrets.of(resource)}
        assert {row["access_key"] for row in held} == told


def test_an_answer_that_never_came_is_no_second_volume(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    """The service made it, and the connection broke."""
    before = set(lab.names("volumes"))
    lab.front.faults.add(method="POST", path="/v3/dummy/volumes/*", kind="cut-after")
    order = events.push(lab.order(offerings["volume"], "cut"))
    until(lambda: agent.says("not ready for processing yet"))
    assert order.state == "executing"
    assert order.resource.backend_id == ""
    lab.age(order)
    [resource] = lab.made(order)
    assert set(lab.names("volumes")) - before == {resource.backend_id}


def test_while_the_service_is_down_orders_wait(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    [resource] = lab.made(events.push(lab.order(offerings["volume"], "outlives")))
    with lab.front.down():
        orders = [
            events.push(lab.order(offerings["volume"], "during")),
            events.push(lab.order(offerings["bucket"], "during")),
            events.push(lab.waldur.terminate(resource)),
        ]
        until(lambda: all(order.state == "executing" for order in orders), 60)
        until(lambda: agent.log.read_text().count("not ready for processing") >= 3, 60)
    for order in orders:
        lab.age(order)
    volume, bucket, _ = lab.made(*orders)
    assert lab.call("GET", f"/v3/dummy/volumes/{volume.backend_id}")
    assert lab.call("GET", f"/v3/dummy/buckets/{bucket.backend_id}")
    assert lab.call("GET", f"/v3/dummy/volumes/{resource.backend_id}") is None


def test_two_deliveries_and_a_sweep_at_once_make_one(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    before = set(lab.names("volumes"))
    lab.front.faults.add(
        method="POST", path="/v3/dummy/volumes/*", kind="slow", seconds=1, times=2
    )
    order = lab.order(offerings["volume"], "twice")
    lab.age(order)
    events.push(order)
    events.push(order)
    [resource] = lab.made(order)
    assert set(lab.names("volumes")) - before == {resource.backend_id}
    assert not agent.says("set to erred")
