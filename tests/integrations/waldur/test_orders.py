"""Orders of every kind, done by the real agent: made, resized, ended."""

from collections.abc import Iterator

import pytest

from tests.integrations.waldur.agent import Agent
from tests.integrations.waldur.lab import GB, OBJECTS, STORAGE, Lab
from tests.simulators.waldur.records import Offering

BOTH = {"storage": STORAGE, "objects": OBJECTS}
LIMITS = {"storage": 5, "objects": 1000}


@pytest.fixture(scope="module")
def offerings(lab: Lab) -> dict[str, Offering]:
    return {
        "volume": lab.offer("volume", settings={"kind": "volume"}),
        "bucket": lab.offer("bucket", settings={"kind": "bucket"}, components=BOTH),
        "user": lab.offer("user", settings={"kind": "user"}, components=BOTH),
        "namespace": lab.offer("namespace", settings={"kind": "namespace"}, components=BOTH),
    }


@pytest.fixture(scope="module")
def agent(lab: Lab, offerings: dict[str, Offering]) -> Iterator[Agent]:
    with lab.site.running("order_process") as running:
        yield running


def test_the_end_of_a_resource_spares_what_is_named_like_its_project(
    lab: Lab, offerings: dict[str, Offering], agent: Agent
) -> None:
    """The agent's own delete removes that, when the project has nothing else."""
    others = lab.names("volumes")
    lab.call("POST", "/v3/dummy/volumes/msocean", {"size_total": GB})
    [resource] = lab.made(lab.order(offerings["volume"], "scratch"))
    assert resource.backend_id in lab.names("volumes")

    lab.made(lab.waldur.terminate(resource))

    assert lab.names("volumes") == sorted([*others, "msocean"])


def test_nobody_elses_volume_is_taken_over_or_removed(
    lab: Lab, offerings: dict[str, Offering], agent: Agent
) -> None:
    [first] = lab.made(lab.order(offerings["volume"], "mine"))
    strangers = first.backend_id.replace("mine_1", "mine_2")
    lab.call("POST", f"/v3/dummy/volumes/{strangers}", {"size_total": GB})

    order = lab.order(offerings["volume"], "mine")
    assert lab.ended(order) == ["erred"]
    assert "was not made for this resource" in order.error_message
    assert order.resource.backend_id == ""
    lab.made(lab.waldur.terminate(order.resource))

    assert lab.call("GET", f"/v3/dummy/volumes/{strangers}")["size_total"] == GB


def test_a_volumes_life(lab: Lab, offerings: dict[str, Offering], agent: Agent) -> None:
    [resource] = lab.made(lab.order(offerings["volume"], "ocean"))
    name = resource.backend_id
    found = lab.call("GET", f"/v3/dummy/volumes/{name}")
    assert (found["size_total"], found["junction_path"]) == (5 * GB, f"/{name}")
    assert resource.backend_metadata["path"] == f"/{name}"
    assert resource.limits == {"storage": 5}

    lab.made(lab.waldur.change_limits(resource, 9))
    assert lab.call("GET", f"/v3/dummy/volumes/{name}")["size_total"] == 9 * GB

    lab.made(lab.waldur.terminate(resource))
    assert lab.call("GET", f"/v3/dummy/volumes/{name}") is None


@pytest.mark.parametrize("kind", ["bucket", "user", "namespace"])
def test_the_life_of_what_has_a_quota(
    lab: Lab, offerings: dict[str, Offering], agent: Agent, kind: str
) -> None:
    [resource] = lab.made(lab.order(offerings[kind], "ocean", limits=LIMITS))
    path = f"/v3/dummy/{kind}s/{resource.backend_id}"
    quota = lab.call("GET", f"{path}/quota")
    assert (quota["max_bytes"], quota["max_objects"]) == (5 * GB, 1000)
    assert resource.backend_metadata["quota_bytes"] == 5 * GB
    assert resource.limits == LIMITS

    lab.made(lab.waldur.change_limits(resource, 9, objects=2000))
    quota = lab.call("GET", f"{path}/quota")
    assert (quota["max_bytes"], quota["max_objects"]) == (9 * GB, 2000)

    lab.made(lab.waldur.terminate(resource))
    assert lab.call("GET", path) is None


def test_an_account_gets_two_keys_and_no_more(
    lab: Lab, offerings: dict[str, Offering], agent: Agent
) -> None:
    [resource] = lab.made(lab.order(offerings["user"], "keys", limits=LIMITS))
    told = {key["client_id"] for key in lab.waldur.secrets.of(resource)}
    held = lab.call("GET", f"/v3/dummy/users/{resource.backend_id}/keys")
    assert {key["access_key"] for key in held} == told
    assert len(told) == 2
    secrets = {key["api_key"] for key in lab.waldur.secrets.of(resource)}
    assert not any(secret in str(resource.backend_metadata) for secret in secrets)
