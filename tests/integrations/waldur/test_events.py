"""Event mode over a real RabbitMQ, and what may go wrong on the way: never two, never none."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.integrations.waldur.agent import Agent, Agents, until
from tests.integrations.waldur.events import Events, over
from tests.integrations.waldur.lab import GB, Lab
from tests.services.rabbitmq import RabbitMq
from tests.simulators.waldur.records import Offering, Order, Resource


@pytest.fixture(scope="module")
def offerings(lab: Lab, broker: RabbitMq) -> dict[str, Offering]:
    lab.waldur.agents.make_queue = broker.make_queue
    return {
        kind: lab.offer(kind, settings={"kind": kind}, more=over(broker))
        for kind in ("volume", "bucket", "user")
    }


@pytest.fixture(scope="module")
def events(lab: Lab, broker: RabbitMq) -> Events:
    return Events(lab, broker)


@pytest.fixture(scope="module")
def agents(lab: Lab, offerings: dict[str, Offering]) -> Iterator[Agents]:
    agents = Agents(lab.site, "event_process")
    yield agents
    agents.end()


@pytest.fixture
def agent(agents: Agents, broker: RabbitMq, offerings: dict[str, Offering]) -> Agent:
    return agents.living(lambda: broker.consumers() == len(offerings))


def test_orders_that_are_pushed_are_done_once(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    order = events.push(lab.order(offerings["volume"], "pushed"))
    [resource] = lab.made(order)
    path = f"/v3/dummy/volumes/{resource.backend_id}"
    assert lab.call("GET", path)["size_total"] == 5 * GB

    before = lab.names("volumes")
    events.push(order)
    bigger = events.push(lab.waldur.change_limits(resource, 9))
    events.push(bigger)
    lab.made(bigger)
    assert lab.call("GET", path)["size_total"] == 9 * GB
    assert lab.names("volumes") == before

    lab.made(events.push(lab.waldur.terminate(resource)))
    assert lab.call("GET", path) is None


def test_a_key_is_rotated_and_waldur_learns_the_new_one(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    [account] = lab.made(events.push(lab.order(offerings["user"], "pushed")))
    key = lab.waldur.secrets.of(account)[0]
    former = dict(key)
    events.rotate(account, key)
    until(lambda: key["state"] != "Updating")
    assert key["state"] == "OK", key["error_message"]
    assert key["api_key"] != former["api_key"]
    assert held_keys(lab, account) == {row["client_id"] for row in lab.waldur.secrets.of(account)}


def test_a_rotation_whose_answer_was_lost_leaves_no_key_behind(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    [account] = lab.made(events.push(lab.order(offerings["user"], "lost")))
    first, second = lab.waldur.secrets.of(account)
    path = f"/v3/dummy/users/{account.backend_id}/keys/{first['client_id']}/rotate"
    lab.call("POST", path, {})
    events.rotate(account, first)
    until(lambda: first["state"] != "Updating")
    assert first["state"] == "OK", first["error_message"]
    assert held_keys(lab, account) == {first["client_id"], second["client_id"]}


def test_an_answer_that_never_came_is_no_second_volume(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    """The service made it, and the connection broke."""
    before = set(lab.names("volumes"))
    lab.front.faults.add(method="POST", path="/v3/dummy/volumes/*", kind="cut-after")
    order = events.push(lab.order(offerings["volume"], "cut"))
    until(lambda: agent.says(f"Order {dashed(order)} not ready"))
    assert order.state == "executing"
    assert order.resource.backend_id == ""
    lab.age(order)
    [resource] = lab.made(order)
    assert set(lab.names("volumes")) - before == {resource.backend_id}


def test_two_deliveries_and_a_sweep_at_once_make_one(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    before = set(lab.names("volumes"))
    lab.front.faults.add(method="POST", path="/v3/dummy/volumes/*", kind="slow", seconds=1, times=2)
    order = lab.order(offerings["volume"], "twice")
    lab.age(order)
    events.push(order)
    events.push(order)
    [resource] = lab.made(order)
    assert set(lab.names("volumes")) - before == {resource.backend_id}


def test_while_the_service_is_down_orders_wait(
    lab: Lab, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    [resource] = lab.made(events.push(lab.order(offerings["volume"], "outlives")))
    with lab.front.down():
        orders = [
            lab.order(offerings["volume"], "during"),
            lab.order(offerings["bucket"], "during"),
            lab.waldur.terminate(resource),
        ]
        for order in orders:
            events.push(order)
        until(lambda: all(agent.says(f"Order {dashed(row)} not ready") for row in orders))
        assert {order.state for order in orders} == {"executing"}
    for order in orders:
        lab.age(order)
    volume, bucket, _ = lab.made(*orders)
    assert lab.call("GET", f"/v3/dummy/volumes/{volume.backend_id}")
    assert lab.call("GET", f"/v3/dummy/buckets/{bucket.backend_id}")
    assert lab.call("GET", f"/v3/dummy/volumes/{resource.backend_id}") is None


def test_an_agent_killed_before_it_told_waldur_finds_what_it_made(
    lab: Lab, broker: RabbitMq, offerings: dict[str, Offering], events: Events, agent: Agent
) -> None:
    before = all_names(lab)
    lab.waldur.faults.add(
        method="POST", path="*/set_backend_id/", kind="hang", seconds=10, times=len(offerings)
    )
    orders = {kind: events.push(lab.order(row, "killed")) for kind, row in offerings.items()}
    wanted = {
        f"/api/marketplace-provider-resources/{order.resource.uuid}/set_backend_id/"
        for order in orders.values()
    }
    until(lambda: wanted <= {row.path for row in lab.waldur.requests})
    agent.kill()
    made = {kind: all_names(lab)[kind] - before[kind] for kind in offerings}
    assert [len(names) for names in made.values()] == [1, 1, 1]

    with lab.site.running("event_process") as again:
        lab.made(*orders.values())
        for kind, order in orders.items():
            assert made[kind] == all_names(lab)[kind] - before[kind] == {order.resource.backend_id}
        account = orders["user"].resource
        told = {row["client_id"] for row in lab.waldur.secrets.of(account)}
        assert held_keys(lab, account) == told
        assert len(told) == 2

        # Signs off at the broker, rather than being cut off.
        until(lambda: broker.consumers() == len(offerings))
        again.process.terminate()
        assert again.process.wait(20) == 0


def all_names(lab: Lab) -> dict[str, set[str]]:
    """Of users the accounts alone: a bucket's owner is made with it."""
    names = {kind: set(lab.names(f"{kind}s")) for kind in ("volume", "bucket", "user")}
    return {**names, "user": names["user"] - {"msocean"}}


def held_keys(lab: Lab, account: Resource) -> set[str]:
    rows = lab.call("GET", f"/v3/dummy/users/{account.backend_id}/keys")
    return {row["access_key"] for row in rows}


def dashed(order: Order) -> str:
    """As the agent writes it."""
    return str(UUID(order.uuid))
