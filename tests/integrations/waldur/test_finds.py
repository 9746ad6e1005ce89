"""What was there before: import, adoption; and the limits and figures of usage-billed offerings."""

from tests.integrations.waldur.agent import until
from tests.integrations.waldur.events import Events, over
from tests.integrations.waldur.lab import GB, Lab
from tests.services.rabbitmq import RabbitMq
from tests.simulators.waldur.records import Offering

DAYS = {
    "measured_unit": "GB-days",
    "unit_factor": GB,
    "accounting_type": "usage",
    "label": "Stored",
    "measure": "byte_days",
}


def test_the_form_limits_what_no_component_limits(lab: Lab) -> None:
    """And nothing is removed whose delete policy says keep."""
    settings = {"kind": "user", "delete_policy": "keep"}
    offering = lab.offer("metered", settings=settings, components={"gb_days": DAYS})
    form = {"storage_limit": 20, "object_limit": 300}
    with lab.site.running("order_process"):
        [resource] = lab.made(lab.order(offering, "form", limits={}, attributes=form))
        path = f"/v3/dummy/users/{resource.backend_id}"
        quota = lab.call("GET", f"{path}/quota")
        assert (quota["max_bytes"], quota["max_objects"]) == (20 * GB, 300)

        lab.made(lab.waldur.terminate(resource))
        assert lab.call("GET", path)["suspended"]


def test_what_somebody_made_is_found_imported_and_left_alone(lab: Lab, broker: RabbitMq) -> None:
    """Until a setting says that what was imported is the agent's."""
    lab.waldur.agents.make_queue = broker.make_queue
    offering = import_offering(lab, broker, adopts=False)
    lab.call("POST", "/v3/dummy/volumes/msocean_old", {"size_total": 5 * GB})
    lab.call("POST", "/v3/dummy/volumes/elsewhere_old", {"size_total": 5 * GB})
    request = lab.waldur.imports.ask(offering)
    with lab.site.running("event_process"):
        until(lambda: broker.consumers() == 1)
        Events(lab, broker).tell(
            offering,
            object_type="importable_resources",
            backend_resource_request_uuid=request["uuid"],
        )
        until(lambda: request["state"] == "Done")
    found = [row["backend_id"] for row in lab.waldur.store.tables["found"].values()]
    assert found == ["msocean_old"]

    resource = lab.waldur.add_resource(
        offering, lab.project, limits={"storage": 5}, backend_id="msocean_old"
    )
    polled(lab, adopts=False)
    with lab.site.running("order_process"):
        order = lab.waldur.terminate(resource)
        assert lab.ended(order) == ["erred"]
        assert "left alone" in order.error_message
    assert lab.call("GET", "/v3/dummy/volumes/msocean_old")

    polled(lab, adopts=True)
    with lab.site.running("membership_sync"):
        seen = resource.synced
        until(lambda: resource.synced > seen)
    with lab.site.running("order_process"):
        lab.made(lab.waldur.terminate(resource))
    assert lab.call("GET", "/v3/dummy/volumes/msocean_old") is None
    assert lab.call("GET", "/v3/dummy/volumes/elsewhere_old")


def import_offering(lab: Lab, broker: RabbitMq, *, adopts: bool) -> Offering:
    more = {**over(broker), "resource_import_enabled": True}
    lab.configured.clear()
    settings = {"kind": "volume", "adopt_imported": adopts}
    return lab.offer("import", settings=settings, more=more)


def polled(lab: Lab, *, adopts: bool) -> None:
    """The same offering without events."""
    lab.configured["import"]["stomp_enabled"] = False
    lab.configured["import"]["backend_settings"]["adopt_imported"] = adopts
    lab.site.configure(lab.configured["import"])
