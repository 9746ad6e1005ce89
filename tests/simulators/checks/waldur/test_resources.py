from typing import Any

import pytest

from tests.simulators.checks.waldur.caller import Caller
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project, Resource

PROVIDED, CONSUMED = "marketplace-provider-resources/", "marketplace-resources/"
USAGE = "marketplace-component-usages/set_usage/"


@pytest.fixture
def resource(sim: WaldurSimulator, project: Project) -> Resource:
    return sim.add_resource(sim.offering("vast"), project)


def test_set_backend_id(resource: Resource, provider: Caller) -> None:
    path = f"{PROVIDED}{resource.uuid}/set_backend_id/"

    answers = [
        provider.post(path, body)
        for body in ({"backend_id": "/x"}, {"backend_id": "/x"}, {"backend_id": ""}, {})
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 500]
    assert [answer.json()["status"].split()[-2:] for answer in answers[:2]] == [
        ["been", "changed."],
        ["not", "changed."],
    ]
    assert resource.backend_id == ""


def test_metadata_and_options_are_replaced(resource: Resource, provider: Caller) -> None:
    for keys in ({"a": 1}, {"b": 2}):
        for action, name in (
            ("set_backend_metadata", "backend_metadata"),
            ("update_options_direct", "options"),
        ):
            path = f"{PROVIDED}{resource.uuid}/{action}/"
            assert provider.post(path, {name: keys}).status_code == 200
            assert provider.post(path, {name: "x"}).status_code == 400

    assert (resource.backend_metadata, resource.options) == ({"b": 2}, {"b": 2})


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Erred", 200),
        ("Creating", 200),
        ("Updating", 200),
        ("Terminating", 200),
        ("Terminated", 409),
    ],
)
def test_set_state_ok(
    sim: WaldurSimulator, resource: Resource, provider: Caller, state: str, status: int
) -> None:
    sim.change(resource, state=state, error_message="x")

    answer = provider.post(f"{PROVIDED}{resource.uuid}/set_state_ok/")

    assert answer.status_code == status
    assert (resource.state == "OK") == (status == 200)


def test_a_provider_may_end_its_resource(resource: Resource, provider: Caller) -> None:
    answer = provider.post(f"{PROVIDED}{resource.uuid}/terminate/", {})

    order = resource.order_in_progress
    assert order is not None
    assert (answer.json()["order_uuid"], order.state) == (order.uuid, "pending-provider")


def test_options_are_for_consumers(
    sim: WaldurSimulator, resource: Resource, provider: Caller, consumer: Caller
) -> None:
    path, body = f"{CONSUMED}{resource.uuid}/update_options/", {"options": {"no_such_option": 1}}

    assert provider.post(path, body).status_code == 404
    assert consumer.post(path, body).status_code == 200
    assert resource.options == {"no_such_option": 1}


def test_options_may_need_an_order(
    sim: WaldurSimulator, project: Project, consumer: Caller
) -> None:
    switch = {"create_orders_on_resource_option_change": True}
    resource = sim.add_resource(sim.add_offering("slow", plugin_options=switch), project)

    answer = consumer.post(
        f"{CONSUMED}{resource.uuid}/update_options/", {"options": {"permissions": "700"}}
    )

    assert (answer.status_code, resource.options) == (201, None)
    assert answer.json() == {"order_uuid": resource.orders[-1].uuid}


@pytest.mark.parametrize(
    "case",
    [
        ({"type": "storage", "amount": "3.00"}, "OK", {"storage": "3.00"}),
        ({"type": "storage", "amount": 3}, "Updating", {"storage": "3.00"}),
        ({"type": "storage", "amount": "3.001"}, "OK", {}),
        ({"type": "inodes", "amount": "3.00"}, "OK", {}),
        ({"type": "storage", "amount": "3.00"}, "Erred", {}),
    ],
)
def test_usage(
    sim: WaldurSimulator, resource: Resource, provider: Caller, case: tuple[Any, str, Any]
) -> None:
    usage, state, usages = case
    sim.change(resource, state=state)

    answer = provider.post(USAGE, {"resource": resource.uuid, "usages": [usage]})

    assert (answer.status_code, resource.current_usages) == (201 if usages else 400, usages)


def test_usage_is_the_providers(resource: Resource, consumer: Caller) -> None:
    body = {"resource": resource.uuid, "usages": [{"type": "storage", "amount": "3.00"}]}

    assert consumer.post(USAGE, body).status_code == 403
    assert resource.current_usages == {}
