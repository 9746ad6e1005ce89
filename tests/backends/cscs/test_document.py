"""The CSCS document: its items, their order, and what is left out of it."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from tests.backends.cscs.lab import Lab, kind, numbers, parents, projects, read
from tests.conformance.client import Api

KEPT = "0f3c2a7b9d8e4f6fb1d3c5a7e9b1d3f5"
ACTIONS = (
    *("approve_by_provider_url", "reject_by_provider_url", "set_state_done_url"),
    *("set_state_erred_url", "set_backend_id_url", "update_resource_options_url"),
    "set_state_ok_url",
)


def reasons(document: dict[str, Any]) -> dict[str, str]:
    return {each["itemId"]: each["reason"] for each in document["skipped"]}


def urls(item: dict[str, Any]) -> set[str]:
    return {name for name in item if name.endswith("_url")}


def test_a_project_with_all_above_it(lab: Lab, api: Api) -> None:
    resource = lab.resource(permissions="2770")
    document = read(api)
    tenant, customer, project = document["resources"]
    offering = lab.waldur.offering("capstor")
    storage = {
        "storageSystem": {
            "itemId": "4b4a996a-8d6b-556d-ad60-202cefa6ecc3",
            "key": "capstor",
            "name": "CAPSTOR",
            "active": True,
            "path": "",
        },
        "storageFileSystem": {
            "itemId": "a04204cf-e3bf-5eb6-8323-0f3121afdd3b",
            "key": "lustre",
            "name": "LUSTRE",
            "active": True,
            "path": "",
        },
        "storageDataType": {
            "itemId": "6cea66c5-3133-54e1-9e5d-469deb675ceb",
            "key": "store",
            "name": "STORE",
            "active": True,
            "path": "store",
        },
    }
    above = {
        "status": "pending",
        "permission": {"permissionType": "octal", "value": "775"},
        "quotas": None,
        "oldQuotas": None,
        "newQuotas": None,
        **storage,
    }
    tenant_id, customer_id = str(UUID(offering.uuid)), str(UUID(resource.project.customer.uuid))
    assert tenant == above | {
        "itemId": tenant_id,
        "mountPoint": {"default": "/capstor/store/cscs"},
        "target": {
            "targetType": "tenant",
            "targetItem": {"itemId": tenant_id, "key": "cscs", "name": "CSCS"},
        },
        "parentItemId": None,
    }
    assert customer == above | {
        "itemId": customer_id,
        "mountPoint": {"default": "/capstor/store/cscs/climate-lab"},
        "target": {
            "targetType": "customer",
            "targetItem": {
                "itemId": customer_id,
                "key": "climate-lab",
                "name": "Climate Laboratory",
            },
        },
        "parentItemId": tenant_id,
    }
    item = project["target"]["targetItem"]
    assert project == above | {
        "itemId": str(UUID(resource.uuid)),
        "status": "active",
        "mountPoint": {"default": "/capstor/store/cscs/climate-lab/climate"},
        "permission": {"permissionType": "octal", "value": "2770"},
        "quotas": [
            {"type": "space", "quota": 10.0, "unit": "tera", "enforcementType": "soft"},
            {"type": "space", "quota": 10.0, "unit": "tera", "enforcementType": "hard"},
            {"type": "inodes", "quota": 13300000.0, "unit": "none", "enforcementType": "soft"},
            {"type": "inodes", "quota": 20000000.0, "unit": "none", "enforcementType": "hard"},
        ],
        "target": {"targetType": "project", "targetItem": item},
        "parentItemId": customer_id,
    }
    assert item == {
        "itemId": item["itemId"],
        "key": None,
        "name": resource.slug,
        "status": "active",
        "unixGid": 40000,
        "active": True,
    }
    assert document["filters_applied"]["offering_slugs"] == ["capstor", "vast", "iopsstor"]
    assert document["status"] == "success"
    assert document["skipped"] == []


@pytest.mark.parametrize("data_type", ["users", "scratch", "Users"])
def test_users_have_a_target_of_their_own(lab: Lab, api: Api, data_type: str) -> None:
    resource = lab.resource(attributes={"storage_data_type": data_type})
    [item] = projects(read(api))
    target = item["target"]["targetItem"]
    assert kind(item) == "user"
    assert target["email"] == f"user-{resource.slug}@example.com"
    assert 20000 <= target["unixUid"] < 30000
    assert target["primaryProject"] == {"name": "climate", "unixGid": 40000, "active": True}
    assert read(lab.api())["resources"] == read(api)["resources"]


@pytest.mark.parametrize("data_type", ["store", "archive", "workspace", "", None, 7])
def test_everything_else_is_a_project_s(lab: Lab, api: Api, data_type: object) -> None:
    lab.resource(attributes={"storage_data_type": data_type})
    [item] = projects(read(api))
    named = data_type if isinstance(data_type, str) and data_type else "store"
    assert kind(item) == "project"
    assert item["storageDataType"]["key"] == named


def test_parents_come_first_and_once_for_each_system_and_type(lab: Lab, api: Api) -> None:
    lab.seed(60)
    document = read(api, "?page_size=500")
    levels = [kind(item) in {"tenant", "customer"} for item in document["resources"]]
    assert all(before >= after for before, after in pairwise(levels))
    places = [
        (kind(each), each["storageSystem"]["key"], each["storageDataType"]["key"])
        for each in parents(document)
    ]
    assert len(places) == len(set(places)) == 24
    known = {each["itemId"] for each in parents(document)}
    assert {item["parentItemId"] for item in projects(document)} <= known


def test_a_customer_whom_the_offering_does_not_list_is_no_parent(lab: Lab, api: Api) -> None:
    lab.waldur.spoil(lab.resource(), customer_slug="newcomer")
    document = read(api)
    assert [kind(each) for each in parents(document)] == ["tenant"]
    assert projects(document)[0]["parentItemId"] is None


def test_the_path_that_the_provider_has_set_counts(lab: Lab, api: Api) -> None:
    lab.resource(backend_id="/lustre/cscs/lab/data")
    lab.resource("other", "vast", backend_id="vol_x")
    document = read(api)
    paths = {
        (kind(each), each["storageSystem"]["key"]): each["mountPoint"]["default"]
        for each in document["resources"]
    }
    assert paths == {
        ("tenant", "capstor"): "/lustre/cscs",
        ("customer", "capstor"): "/lustre/cscs/lab",
        ("project", "capstor"): "/lustre/cscs/lab/data",
        ("tenant", "vast"): "/vast/store/cscs",
        ("customer", "vast"): "/vast/store/cscs/climate-lab",
        ("project", "vast"): "vol_x",
    }


@pytest.mark.parametrize(
    ("attribute", "option", "expected"),
    [
        ("2770", None, "2770"),
        ("2770", "700", "700"),
        (None, None, "775"),
        ("", "", "775"),
        ("770", "", "770"),
    ],
)
def test_an_option_overrides_the_permissions(
    lab: Lab, api: Api, attribute: str | None, option: str | None, expected: str
) -> None:
    lab.resource(attributes={"permissions": attribute}, options={"permissions": option})
    assert projects(read(api))[0]["permission"]["value"] == expected


def test_a_target_that_waldur_keeps_is_shown_and_needs_no_lookup(lab: Lab, api: Api) -> None:
    kept = {
        "itemId": KEPT,
        "name": "kept",
        "status": "active",
        "unixGid": 12345,
        "active": True,
        "password": "no-key-of-this-document",
    }
    project = lab.project("unheard-of", gid=False)
    lab.waldur.add_resource(
        lab.waldur.offering("capstor"), project, backend_metadata={"project_item": kept}
    )
    [item] = projects(read(api))
    assert item["target"]["targetItem"] == {
        "itemId": "0f3c2a7b-9d8e-4f6f-b1d3-c5a7e9b1d3f5",
        "key": None,
        "name": "kept",
        "status": "active",
        "unixGid": 12345,
        "active": True,
    }
    ignoring = read(lab.api(use_mock_target_items="true"))
    assert [each["reason"] for each in ignoring["skipped"]] == ["gid_not_found"]
    assert len(lab.gids.project_calls) == 1


@pytest.mark.parametrize(
    ("missing", "changed"),
    [
        ((), {"limits": [1]}),
        ((), {"limits": "10"}),
        ((), {"limits": {"storage": 1e12}}),
        ((), {"options": "none"}),
        ((), {"options": {"permissions": "rwx"}}),
        ((), {"options": {"permissions": 775}}),
        ((), {"attributes": {"permissions": "0o775"}}),
        ((), {"attributes": {"storage_data_type": "../../etc"}}),
        ((), {"attributes": ["store"]}),
        ((), {"backend_id": "/capstor/../../etc"}),
        ((), {"backend_id": "/capstor/\n/x"}),
        ((), {"backend_id": "/"}),
        ((), {"backend_metadata": {"project_item": "x"}}),
        ((), {"backend_metadata": {"project_item": {"itemId": "x"}}}),
        *(
            ((), {"backend_metadata": {"project_item": {"itemId": KEPT, name: wrong}}})
            for name, wrong in [
                ("unixGid", "8x"),
                ("unixGid", -1),
                ("unixGid", True),
                ("name", 7),
                ("status", "ready"),
                ("status", ["active"]),
                ("active", "yes"),
            ]
        ),
        ((), {"order_in_progress": "pending"}),
        ((), {"project_slug": ".."}),
        ((), {"customer_slug": "a/b"}),
        ((), {"offering_uuid": 7}),
        (("provider_slug",), {}),
        (("project_slug",), {}),
        (("offering_slug",), {}),
        (("slug",), {}),
    ],
)
def test_a_malformed_resource_costs_itself_alone(
    lab: Lab, api: Api, missing: tuple[str, ...], changed: dict[str, Any]
) -> None:
    good, bad = lab.resource("good"), lab.resource("bad")
    lab.waldur.spoil(bad, *missing, **changed)
    document = read(api)
    assert [item["itemId"] for item in projects(document)] == [str(UUID(good.uuid))]
    [(item_id, reason)] = reasons(document).items()
    assert item_id == str(UUID(bad.uuid))
    assert reason.startswith("malformed: ")


def test_a_kept_user_is_shown_with_what_the_document_knows(lab: Lab, api: Api) -> None:
    kept = {
        "itemId": KEPT,
        "unixUid": "20123",
        "primaryProject": {"name": "lab", "unixGid": "8", "active": True, "secret": "x"},
    }
    lab.resource(
        "kept", attributes={"storage_data_type": "users"}, backend_metadata={"user_item": kept}
    )
    [item] = projects(read(api))
    target = item["target"]["targetItem"]
    assert target["unixUid"] == 20123
    assert target["primaryProject"] == {"name": "lab", "unixGid": 8, "active": True}


def test_a_resource_without_a_name_of_its_own_is_counted(lab: Lab, api: Api) -> None:
    lab.waldur.spoil(lab.resource(), "uuid")
    document = read(api)
    assert document["skipped"] == [{"itemId": None, "reason": "malformed: uuid"}]


def test_null_attributes_options_and_metadata_are_none_at_all(lab: Lab, api: Api) -> None:
    lab.waldur.spoil(lab.resource(), attributes=None, options=None, backend_metadata=None)
    [item] = projects(read(api))
    assert item["permission"]["value"] == "775"
    assert item["storageDataType"]["key"] == "store"


def test_two_resources_with_one_path_are_both_left_out(lab: Lab, api: Api) -> None:
    path = "/capstor/store/cscs/climate-lab/climate"
    twins = [lab.resource(), lab.resource("other", backend_id=f"{path}/")]
    gone = lab.resource("gone", backend_id=path, state="Terminated")
    document = read(api)
    assert [item["itemId"] for item in projects(document)] == [str(UUID(gone.uuid))]
    assert reasons(document) == {str(UUID(twin.uuid)): "path_collision" for twin in twins}
    assert [kind(each) for each in parents(document)] == ["tenant", "customer"]


def test_what_is_gone_collides_with_nothing(lab: Lab, api: Api) -> None:
    path = "/capstor/store/cscs/lab/data"
    for slug in ("old", "older"):
        lab.resource(slug, backend_id=path, state="Terminated")
    lab.resource("new", backend_id=path)
    assert sorted(item["status"] for item in projects(read(api))) == ["active"] + ["removed"] * 2


@pytest.mark.parametrize(
    ("order", "state", "expected"),
    [
        ("pending-provider", "Creating", {0, 1, 2, 4, 5, 6}),
        ("pending-provider", "OK", {0, 1, 2, 4, 5}),
        ("executing", "Updating", {2, 3, 4, 6}),
        ("executing", "Erred", {2, 3, 4, 6}),
        ("pending-consumer", "Creating", {4, 6}),
        ("pending-consumer", "Updating", {4}),
        ("done", "OK", {4}),
    ],
)
def test_what_may_be_done_has_an_address(
    lab: Lab, api: Api, order: str, state: str, expected: set[int]
) -> None:
    resource = lab.resource()
    uuid = "abc7de61ae93421cb02556ff18e18679"
    base = f"{lab.waldur.url}/api/marketplace-orders/{uuid}"
    told = {"uuid": uuid, "url": f"{base}/", "type": "Create", "state": order}
    lab.waldur.spoil(resource, order_in_progress=told, state=state)
    [item] = projects(read(api))
    assert urls(item) == {ACTIONS[number] for number in expected}
    at = f"{lab.waldur.url}/api/marketplace-provider-resources/{UUID(resource.uuid)}"
    assert item["set_backend_id_url"] == f"{at}/set_backend_id/"
    if "set_state_done_url" in item:
        assert item["set_state_done_url"] == f"{base}/set_state_done/"
    assert item["status"] == ("active" if state == "Updating" and "consumer" in order else
                              {"Creating": "pending", "OK": "active", "Updating": "updating",
                               "Erred": "error"}[state])  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example.org/api/marketplace-orders/x/",
        "http://{host}.evil.example.org/api/marketplace-orders/x/",
        "http://{host}@evil.example.org/api/marketplace-orders/x/",
        "http://user:word@{host}/api/marketplace-orders/x/",
        "http://{host}\\@evil.example.org/api/marketplace-orders/x/",
        "https://{host}/api/marketplace-orders/x/",
        "http://127.0.0.1:1/api/marketplace-orders/x/",
        "//{host}/api/marketplace-orders/x/",
        "javascript:alert(1)//marketplace-orders/",
        "http://{host}/api/marketplace-orders/x/?next=http://evil",
        "http://{host}/api/marketplace-orders/../users/x/",
        "http://{host}/api/marketplace-orders/%2E./users/x/",
        "http://{host}/api/users/x/",
        "",
        7,
        None,
    ],
)
def test_an_order_elsewhere_has_no_address(lab: Lab, api: Api, address: Any) -> None:
    host = lab.waldur.url.removeprefix("http://")
    url = address.format(host=host) if isinstance(address, str) else address
    order = {"uuid": "abc7de61ae93421cb02556ff18e18679", "state": "executing", "url": url}
    lab.waldur.spoil(lab.resource(), order_in_progress=order)
    [item] = projects(read(api))
    assert urls(item) == set()
    assert "evil" not in str(item)


def test_both_spellings_of_a_uuid_are_one(lab: Lab, api: Api) -> None:
    resource = lab.resource()
    before = read(api)["resources"]
    lab.waldur.spoil(resource, uuid=str(UUID(resource.uuid)))
    assert read(api)["resources"] == before


def test_one_resource_in_both_spellings_is_one(lab: Lab, api: Api) -> None:
    resource = lab.resource()
    lab.waldur.spoil(lab.resource("twin"), uuid=str(UUID(resource.uuid)))
    assert len(projects(read(api))) == 1


def test_what_changes_shows_whatever_was_read_before(lab: Lab, api: Api) -> None:
    resource, other = lab.resource(), lab.resource("other")
    before = read(api)["resources"]
    lab.waldur.change(resource, limits={"storage": 11})
    changed, kept = projects(read(api))
    assert (numbers(changed["quotas"]) or [])[0] == 11
    assert kept == before[-1]
    lab.waldur.remove(other)
    assert projects(read(api)) == [changed]


def test_the_configured_names_need_not_be_those_of_the_offerings(lab: Lab) -> None:
    lab.resource()
    api = lab.api(storage_systems='{"Scratch & Co": "capstor"}', storage_file_system="GPFS")
    document = read(api, "?storage_system=Scratch%20%26%20Co")
    assert document["filters_applied"] == {
        "storage_system": "Scratch & Co",
        "page": 1,
        "page_size": 100,
        "offering_slugs": ["capstor"],
    }
    [item] = projects(document)
    assert item["storageSystem"]["key"] == "capstor"
    assert item["storageFileSystem"]["name"] == "GPFS"


def test_overrides_of_an_operator_show(lab: Lab, api: Api) -> None:
    lab.resource(options={"hard_quota_space": "6", "hard_quota_indoes": 5})
    [item] = projects(read(api))
    assert numbers(item["quotas"]) == [10.0, 6.0, 13300000.0, 5.0]
