from typing import Any

import pytest
import requests

from tests.simulators.checks.waldur.caller import Caller
from tests.simulators.waldur import Refusal, WaldurSimulator
from tests.simulators.waldur.records import Order, Project

ORDERS = "marketplace-orders/"


def act(provider: Caller, order: Order, action: str, body: Any = None) -> int:
    status: int = provider.post(f"{ORDERS}{order.uuid}/{action}/", body).status_code
    return status


def test_a_resource_from_order_to_end(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    order = sim.create(sim.offering("vast"), project)
    resource = order.resource
    seen = [(order.state, resource.state, resource.scope_uuid is None)]
    options = {"hard_quota_space": 10.0, "hard_quota_inodes": 20000000}
    assert (
        act(provider, order, "approve_by_provider", {"attributes": {"new_options": options}}) == 200
    )
    seen.append((order.state, resource.state, resource.scope_uuid is None))
    assert act(provider, order, "set_state_done") == 200
    seen.append((order.state, resource.state, resource.scope_uuid is None))
    assert resource.options == options

    order = sim.change_limits(resource, 25)
    seen.append((order.state, resource.state, resource.limits == {"storage": 10}))
    assert act(provider, order, "approve_by_provider") == 200
    seen.append((order.state, resource.state, resource.limits == {"storage": 10}))
    assert act(provider, order, "set_state_done") == 200
    seen.append((order.state, resource.state, resource.limits == {"storage": 25}))

    order = sim.terminate(resource)
    seen.append((order.state, resource.state, True))
    assert act(provider, order, "approve_by_provider", {}) == 200
    seen.append((order.state, resource.state, True))
    assert act(provider, order, "set_state_done") == 200
    seen.append((order.state, resource.state, resource.order_in_progress is None))

    assert seen == [
        ("pending-provider", "Creating", True),
        ("executing", "Creating", False),
        ("done", "OK", False),
        ("pending-provider", "OK", True),
        ("executing", "Updating", True),
        ("done", "OK", True),
        ("pending-provider", "OK", True),
        ("executing", "Terminating", True),
        ("done", "Terminated", True),
    ]


def test_options_change_by_an_order(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project, options={"permissions": "775"})
    order = sim.change_options(resource, {"permissions": "700"})
    row = provider.get(f"marketplace-provider-resources/{resource.uuid}/").json()
    act(provider, order, "approve_by_provider")
    act(provider, order, "set_state_done")

    assert row["order_in_progress"]["attributes"] == {
        "old_options": {"permissions": "775"},
        "new_options": {"permissions": "700"},
    }
    assert (resource.options, resource.limits) == ({"permissions": "700"}, {"storage": 10})


def test_a_members_order_waits_for_its_owner(
    sim: WaldurSimulator, project: Project, provider: Caller, consumer: Caller
) -> None:
    order = sim.create(sim.offering("vast"), project, by=sim.member)
    row = provider.get(f"{ORDERS}{order.uuid}/").json()

    assert (row["state"], row["consumer_reviewed_at"]) == ("pending-consumer", None)
    assert "consumer_reviewed_by" not in row
    assert act(provider, order, "approve_by_provider") == 409
    assert act(provider, order, "approve_by_consumer") == 403
    assert act(consumer, order, "approve_by_consumer") == 200
    assert order.state == "pending-provider"


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("approve_by_provider", "pending-provider"),
        ("reject_by_provider", "pending-provider"),
        ("set_state_done", "executing"),
    ],
)
def test_nothing_happens_twice(
    sim: WaldurSimulator, project: Project, provider: Caller, action: str, state: str
) -> None:
    order = sim.create(sim.offering("vast"), project)
    if state == "executing":
        assert act(provider, order, action) == 409
        sim.approve(order)
    assert act(provider, order, action) == 200

    answer = provider.post(f"{ORDERS}{order.uuid}/{action}/")

    assert answer.status_code == 409
    assert answer.json() == {"detail": f"Valid states for operation: {state}."}


@pytest.mark.parametrize(
    ("kind", "left"),
    [("Create", ("Terminated", "Erred")), ("Update", ("OK", "Erred")), ("Terminate", ("OK", "OK"))],
)
def test_what_refusals_and_failures_leave(
    sim: WaldurSimulator, project: Project, provider: Caller, kind: str, left: tuple[str, str]
) -> None:
    def placed(data_type: str) -> Order:
        if kind == "Create":
            return sim.create(sim.offering("vast"), project, data_type=data_type)
        resource = sim.add_resource(sim.offering("vast"), project, data_type=data_type)
        return sim.change_limits(resource, 20) if kind == "Update" else sim.terminate(resource)

    refused, failed = placed("store"), placed("users")
    comment = {"provider_rejection_comment": "no room"}
    assert act(provider, refused, "reject_by_provider", comment) == 200
    sim.approve(failed)
    error = {"error_message": "backend refused", "error_traceback": "at line 1"}
    assert act(provider, failed, "set_state_erred", error) == 200

    assert (refused.state, failed.state) == ("rejected", "erred")
    assert (refused.resource.state, failed.resource.state) == left
    assert refused.provider_rejection_comment == "no room"
    assert failed.error_message == "backend refused"
    assert failed.resource.limits == {"storage": 10}


def test_an_error_told_too_late_spoils_the_resource_only(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    order = sim.create(sim.offering("vast"), project)
    sim.approve(order)
    sim.finish(order)
    error = {"error_message": "late", "error_traceback": ""}

    assert act(provider, order, "set_state_erred", error) == 200
    assert (order.state, order.resource.state) == ("done", "Erred")


def test_an_error_needs_its_two_texts(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    order = sim.create(sim.offering("vast"), project)
    sim.approve(order)

    assert act(provider, order, "set_state_erred", {"error_message": "x"}) == 500
    assert order.state == "executing"


def test_an_erred_order_may_be_opened_again(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    order = sim.create(sim.offering("vast"), project)
    sim.approve(order)
    sim.fail(order, "x")

    assert act(provider, order, "set_state_executing") == 200
    assert (order.state, order.resource.state) == ("executing", "Erred")
    assert act(provider, order, "set_state_done") == 200
    assert (order.state, order.resource.state) == ("done", "OK")
    assert act(provider, order, "cancel") == 403


def test_one_open_order_per_resource(
    sim: WaldurSimulator, project: Project, consumer: Caller
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    path = f"marketplace-resources/{resource.uuid}/"

    first = consumer.post(f"{path}update_limits/", {"limits": {"storage": 20}})
    second = consumer.post(f"{path}update_limits/", {"limits": {"storage": 30}})

    assert first.status_code == 200
    assert first.json()["order_uuid"] in sim.store.orders
    assert (second.status_code, second.json()) == (
        400,
        ["Pending order for resource already exists."],
    )
    with pytest.raises(Refusal):
        sim.terminate(resource)


@pytest.mark.parametrize("storage", [10, 10.5, "20", True, 0, 10001, None])
def test_limits_that_are_refused(
    sim: WaldurSimulator, project: Project, consumer: Caller, storage: Any
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)

    answer = consumer.post(
        f"marketplace-resources/{resource.uuid}/update_limits/", {"limits": {"storage": storage}}
    )

    assert answer.status_code == 400
    assert resource.order_in_progress is None


def test_a_consumer_orders_by_http(
    sim: WaldurSimulator, project: Project, consumer: Caller
) -> None:
    vast = sim.offering("vast")
    order = {
        "offering": f"{sim.url}/api/marketplace-public-offerings/{vast.uuid}/",
        "project": f"{sim.url}/api/projects/{project.uuid}/",
        "attributes": {"name": "msocean-store", "permissions": "775", "storage_data_type": "store"},
        "limits": {"storage": 40},
    }

    made = consumer.post(ORDERS, order)

    assert (made.status_code, made.json()["state"]) == (201, "pending-provider")
    assert made.json()["marketplace_resource_uuid"] in sim.store.resources


def test_orders_that_are_refused(
    sim: WaldurSimulator, project: Project, consumer: Caller, provider: Caller
) -> None:
    order = {
        "offering": sim.offering("vast").uuid,
        "project": project.uuid,
        "attributes": {"permissions": "999", "storage_data_type": "nope"},
        "limits": {"storage": 40},
    }

    assert consumer.post(ORDERS, order).json() == {
        "permissions": ['"999" is not a valid choice.'],
        "storage_data_type": ['"nope" is not a valid choice.'],
    }
    order["attributes"] = {"permissions": "775", "storage_data_type": "store"}
    assert provider.post(ORDERS, order).status_code == 400
    assert consumer.post(ORDERS, {**order, "project": "x"}).status_code == 400
    assert (
        consumer.session.post(f"{sim.url}/api/{ORDERS}", data=b"{", timeout=10).status_code == 400
    )
    assert sim.store.resources == {}


def test_orders_are_listed_by_state_type_and_time(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    order = sim.change_limits(resource, 20)

    def found(query: str) -> list[str]:
        return [row["type"] for row in provider.get(ORDERS, query).json()]

    assert found("") == ["Create", "Update"]
    assert found("state=pending-provider&state=executing") == ["Update"]
    assert found(f"resource_uuid={resource.uuid}&type=Create") == ["Create"]
    before = order.modified.isoformat().replace("+00:00", "Z")
    assert found(f"modified={before}") == ["Update"]
    assert found(f"modified_before={before}") == ["Create", "Update"]
    assert provider.get(ORDERS, "state=bad").status_code == 400


def test_the_answer_to_an_approval_has_two_forms() -> None:
    for empty, body in ((True, b""), (False, b'{"detail":"Order has been approved."}')):
        with WaldurSimulator(empty_approval=empty) as other:
            customer = other.add_customer("Lab", slug="lab")
            order = other.create(other.offering("vast"), other.add_project(customer, "P", slug="p"))
            url = f"{other.url}/api/{ORDERS}{order.uuid}/approve_by_provider/"
            headers = {"Authorization": f"Token {other.token}"}
            assert requests.post(url, headers=headers, timeout=10).content == body
