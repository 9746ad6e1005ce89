"""Allocations as volumes and namespaces."""

import pytest

from tests.backends.cscs.lab import Lab
from tests.conformance.client import Api

TB = 10**12
PATH = "capstor/store/cscs/climate-lab/climate"


def names(records: list[dict[str, object]]) -> list[object]:
    return [record["name"] for record in records]


def test_an_allocation_is_a_volume(lab: Lab, api: Api) -> None:
    resource = lab.resource(permissions="2770")
    lab.waldur.change(resource, current_usages={"storage": "1.25"})
    [volume] = api.get("/v3/cscs/volumes").expect(200)
    assert api.get(f"/v3/cscs/volumes/{PATH}").expect(200) == volume
    known = {key: value for key, value in volume.items() if value is not None}
    assert known.pop("creation_time").endswith("-0000")
    assert known.pop("uuid").replace("-", "") == resource.uuid
    assert known == {
        "name": PATH,
        "junction_path": f"/{PATH}",
        "size_total": 10 * TB,
        "size_used": 1_250_000_000_000,
        "state": "active",
        "namespace": "cscs__climate-lab",
        "quota": {
            "max_bytes": 10 * TB,
            "soft_bytes": 10 * TB,
            "max_objects": 20_000_000,
            "soft_objects": 13_300_000,
            "enabled": True,
        },
        "gid": 40000,
        "mode": "2770",
        "owner": "climate",
    }


def test_a_tb_is_what_the_site_says(lab: Lab) -> None:
    lab.resource()
    [volume] = lab.api(tb_bytes=str(2**40)).get("/v3/cscs/volumes").expect(200)
    assert volume["size_total"] == 10 * 2**40


def test_what_is_not_known_is_null(lab: Lab, api: Api) -> None:
    lab.waldur.add_resource(
        lab.waldur.offering("capstor"),
        lab.project("climate", gid=False),
        limits={"storage": 0},
        data_type="users",
    )
    [volume] = api.get("/v3/cscs/volumes").expect(200)
    assert [volume[key] for key in ("size_total", "size_used", "quota", "gid")] == [None] * 4


def test_removed_malformed_and_unspeakable_ones_are_no_volumes(lab: Lab, api: Api) -> None:
    lab.resource("removed", state="Terminated")
    lab.waldur.spoil(lab.resource("malformed"), limits="x")
    lab.resource("unspeakable", backend_id="/capstor/Größe 1")
    lab.resource()
    assert names(api.get("/v3/cscs/volumes").expect(200)) == [PATH]
    api.get("/v3/cscs/volumes/capstor/store/cscs/climate-lab/removed").expect(404)


def test_filters_and_pages_are_those_of_all_lists(lab: Lab, api: Api) -> None:
    lab.seed(60)
    found = api.get("/v3/cscs/volumes?name=vast/*&state=active&limit=3").expect(200)
    assert len(found) == 3
    assert {volume["state"] for volume in found} == {"active"}


def test_tenants_and_customers_are_namespaces(lab: Lab, api: Api) -> None:
    lab.resource()
    lab.resource("other", "vast")
    found = {each["name"]: each for each in api.get("/v3/cscs/namespaces").expect(200)}
    assert sorted(found) == ["cscs", "cscs__climate-lab"]
    customer = found["cscs__climate-lab"]
    assert (customer["parent"], customer["display_name"]) == ("cscs", "Climate Laboratory")
    assert (found["cscs"]["parent"], found["cscs"]["display_name"]) == (None, "CSCS")
    assert api.get("/v3/cscs/namespaces/cscs__climate-lab").expect(200) == customer
    api.get("/v3/cscs/namespaces/climate-lab").expect(404)


def test_a_customer_whose_name_cannot_be_one_goes_by_its_identifier(lab: Lab, api: Api) -> None:
    resource = lab.resource()
    lab.waldur.spoil(resource, customer_slug="c" * 63, provider_slug="Größe")
    customer, tenant = sorted(
        api.get("/v3/cscs/namespaces").expect(200), key=lambda each: each["parent"] is None
    )
    assert customer["name"] == resource.project.customer.uuid
    assert tenant["name"] == customer["parent"] == resource.offering.uuid


@pytest.mark.parametrize("used", ["2.5", None])
def test_usage_is_known_where_all_of_it_is(lab: Lab, api: Api, used: str | None) -> None:
    first, second = lab.resource(), lab.resource("other", "vast")
    lab.waldur.change(first, current_usages={"storage": "1.5"})
    if used:
        lab.waldur.change(second, current_usages={"storage": used})
    total = 4 * TB if used else None
    for name in ("cscs", "cscs__climate-lab"):
        usage = api.get(f"/v3/cscs/namespaces/{name}/usage").expect(200)
        assert (usage["used_bytes"], usage["used_objects"]) == (total, None)
    capacity = api.get("/v3/cscs/capacity").expect(200)
    assert capacity == {
        "total_bytes": None,
        "used_bytes": total,
        "free_bytes": None,
        "allocated_bytes": 20 * TB,
        "raw": False,
        "unlimited_count": None,
        "errors": None,
        "overcommit": None,
    }
    api.get("/v3/cscs/namespaces/nobody/usage").expect(404)


def test_what_it_has_not_is_501(lab: Lab, api: Api) -> None:
    for path in (
        f"volumes/{PATH}/snapshots",
        "export",
        "buckets",
        "users",
        "namespaces/cscs/quota",
    ):
        api.get(f"/v3/cscs/{path}").expect(501)
