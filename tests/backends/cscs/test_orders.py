"""What a provider does about orders, through our routes, with Waldur looking on."""

from typing import Any
from uuid import UUID

import pytest

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.api.routes import ORDERS, Route
from tests.backends.cscs.lab import Lab, projects, read
from tests.conformance.client import Api
from tests.conformance.target import at_once, statuses
from tests.simulators.waldur.records import Order, Resource

PATH = "capstor/store/cscs/climate-lab/climate"
VOLUME = f"/v3/cscs/volumes/{PATH}"
TB = 10**12
FAILURE = {"message": "The file system is read-only.", "traceback": "line 1\nline 2"}


def step(order: Order, name: str) -> str:
    return f"{VOLUME}/orders/{UUID(order.uuid)}/{name}"


def new_order(lab: Lab, **more: Any) -> Order:
    return lab.waldur.create(lab.waldur.offering("capstor"), lab.project("climate"), **more)


def posts(lab: Lab) -> list[str]:
    return [
        request.path.rstrip("/").rpartition("/")[2]
        for request in lab.waldur.requests
        if request.method == "POST"
    ]


def test_an_allocation_from_its_order_to_its_end(lab: Lab) -> None:
    api = lab.api(cache_ttl="60")
    waldur, create = lab.waldur, new_order(lab, limits={"storage": 10})
    [shown] = api.get(f"{VOLUME}/orders").expect(200)
    assert (shown["uuid"], shown["type"], shown["state"], shown["volume"]) == (
        str(UUID(create.uuid)),
        "Create",
        "pending-provider",
        PATH,
    )
    assert api.get(VOLUME).expect(200)["state"] == "pending"
    applied = {"max_bytes": 10 * TB, "soft_objects": 13_300_000, "max_objects": 20_000_000}
    answer = api.post(step(create, "approve"), {"quota": applied}).expect(200)
    assert answer["state"] == "executing"
    told = next(r for r in waldur.requests if r.path.endswith("/approve_by_provider/"))
    assert told.json == {
        "attributes": {
            "new_options": {
                "hard_quota_space": 10.0,
                "soft_quota_inodes": 13_300_000,
                "hard_quota_inodes": 20_000_000,
            }
        }
    }
    api.put(f"{VOLUME}/backend-id", {"backend_id": f"/{PATH}"}).expect(200)
    assert api.post(step(create, "done")).expect(200)["state"] == "done"
    assert api.get(VOLUME).expect(200)["state"] == "active"
    assert api.get(f"{VOLUME}/orders").expect(200) == []

    update = waldur.change_limits(create.resource, 20)
    [shown] = api.get(f"{VOLUME}/orders").expect(200)
    sizes = [
        (shown[key]["soft_bytes"], shown[key]["max_bytes"]) for key in ("old_quota", "new_quota")
    ]
    # What was applied last is an override by now, until the next approval says otherwise.
    assert sizes == [(10 * TB, 10 * TB), (20 * TB, 10 * TB)]
    api.post(step(update, "approve"), {"quota": {"max_bytes": 20 * TB}}).expect(200)
    assert api.get(VOLUME).expect(200)["state"] == "updating"
    api.post(step(update, "done")).expect(200)
    assert api.get(VOLUME).expect(200)["size_total"] == 20 * TB

    end = waldur.terminate(create.resource)
    api.post(step(end, "approve")).expect(200)
    assert api.get(VOLUME).expect(200)["state"] == "removing"
    api.post(step(end, "done")).expect(200)
    api.get(VOLUME).expect(404)
    assert api.post(step(end, "done")).expect(200)["state"] == "done"
    assert projects(read(api))[0]["status"] == "removed"


def test_every_step_can_be_repeated(lab: Lab, api: Api) -> None:
    order = new_order(lab)
    for name, body in (("approve", {}), ("done", None), ("approve", {}), ("done", None)):
        answers = [api.post(step(order, name), body).expect(200) for _ in range(2)]
        assert answers[0] == answers[1]
    assert posts(lab) == ["approve_by_provider", "set_state_done"]
    other = lab.waldur.change_limits(order.resource, 30)
    for _ in range(2):
        answer = api.post(step(other, "reject"), {"reason": "No space left."}).expect(200)
        assert answer["state"] == "rejected"
    assert posts(lab)[2:] == ["reject_by_provider"]
    third = lab.waldur.change_limits(order.resource, 30)
    api.post(step(third, "approve")).expect(200)
    for _ in range(2):
        answer = api.post(step(third, "erred"), FAILURE).expect(200)
        assert (answer["state"], answer["error_message"]) == ("erred", FAILURE["message"])
    assert posts(lab)[3:] == ["approve_by_provider", "set_state_erred"]
    told = next(r for r in lab.waldur.requests if r.path.endswith("/set_state_erred/"))
    assert told.json["error_traceback"] == "line 1\nline 2"


@pytest.mark.parametrize(
    ("state", "impossible"),
    [
        ("pending-consumer", {"approve", "reject", "done", "erred"}),
        ("pending-project", {"approve", "reject", "done", "erred"}),
        ("pending-provider", {"done", "erred"}),
        ("executing", {"reject"}),
        ("done", {"reject", "erred"}),
        ("erred", {"approve", "reject", "done"}),
        ("rejected", {"approve", "done", "erred"}),
        ("canceled", {"approve", "reject", "done", "erred"}),
    ],
)
def test_what_the_state_forbids_is_409_and_never_sent(
    lab: Lab, api: Api, state: str, impossible: set[str]
) -> None:
    order = new_order(lab)
    lab.waldur.change(order, state=state)
    bodies = {"reject": {"reason": "x"}, "erred": FAILURE}
    for name in impossible:
        problem = api.post(step(order, name), bodies.get(name)).expect(409)
        assert state in problem["detail"]
    assert posts(lab) == []


def test_of_many_at_once_one_step_is_sent(lab: Lab, api: Api) -> None:
    order = new_order(lab)
    answers = at_once(lambda _: api.post(step(order, "approve")), callers=4)
    assert statuses(answers) == [200] * 4
    assert posts(lab) == ["approve_by_provider"]


@pytest.mark.parametrize("kind", ["cut-after", "garbage", "truncate"])
def test_a_lost_answer_is_looked_for(lab: Lab, api: Api, kind: Any) -> None:
    order = new_order(lab)
    lab.waldur.faults.add(kind=kind, path="*/approve_by_provider/")
    assert api.post(step(order, "approve")).expect(200)["state"] == "executing"
    lab.waldur.faults.add(kind=kind, path="*/set_state_done/")
    assert api.post(step(order, "done")).expect(200)["state"] == "done"
    assert posts(lab) == ["approve_by_provider", "set_state_done"]


def test_a_step_that_did_not_happen_is_an_error(lab: Lab, api: Api) -> None:
    order = new_order(lab)
    lab.waldur.faults.add(kind="status", path="*/approve_by_provider/", times=None, status=500)
    assert api.post(step(order, "approve")).expect(503)["retryable"] is True
    lab.waldur.faults.clear()
    api.post(step(order, "approve")).expect(200)


def test_an_order_belongs_to_one_volume(lab: Lab, api: Api) -> None:
    order = new_order(lab)
    lab.resource("other")
    elsewhere = step(order, "approve").replace("/climate/orders", "/other/orders")
    api.post(elsewhere).expect(404)
    api.post(step(order, "approve").replace("capstor", "nowhere")).expect(404)
    api.post(f"{VOLUME}/orders/{UUID(int=7)}/approve").expect(404)
    api.post(f"{VOLUME}/orders/7/approve").expect(400)
    api.post(f"{VOLUME}/orders/..%2f..%2fusers/approve").expect(400)
    assert posts(lab) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("approve", {"quota": {"max_bytes": "10"}}),
        ("approve", {"attributes": {}}),
        ("approve", []),
        ("reject", {}),
        ("reject", {"reason": ""}),
        ("reject", {"reason": "a\nb"}),
        ("erred", {"traceback": "x"}),
        ("erred", {"message": 7}),
        ("done", {"state": "done"}),
    ],
)
def test_a_wrong_body_is_refused(lab: Lab, api: Api, name: str, body: Any) -> None:
    order = new_order(lab)
    api.post(step(order, name), body).expect(400)
    assert posts(lab) == []


def twins(lab: Lab) -> list[Resource]:
    lab.resource("other", backend_id=f"/{PATH}")
    return [new_order(lab).resource]


def test_nothing_is_written_to_those_who_share_a_path(lab: Lab, api: Api) -> None:
    [resource] = twins(lab)
    order = resource.order_in_progress
    assert order is not None
    assert "path_collision" in api.get(VOLUME).expect(409)["detail"]
    for name, body in (("approve", None), ("reject", {"reason": "x"})):
        assert "path_collision" in api.post(step(order, name), body).expect(409)["detail"]
    api.put(f"{VOLUME}/backend-id", {"backend_id": "/x"}).expect(409)
    api.put(f"{VOLUME}/options", {"mode": "700"}).expect(409)
    assert posts(lab) == []
    assert api.get("/v3/cscs/volumes").expect(200) == []


def test_a_backend_id_is_the_path_and_the_name(lab: Lab) -> None:
    api = lab.api(cache_ttl="60")
    lab.resource()
    body = {"backend_id": "/lustre/lab/data"}
    moved = api.put(f"{VOLUME}/backend-id", body).expect(200)
    assert (moved["name"], moved["junction_path"]) == ("lustre/lab/data", "/lustre/lab/data")
    api.get(VOLUME).expect(404)
    at = "/v3/cscs/volumes/lustre/lab/data"
    assert api.get(at).expect(200) == moved
    assert api.put(f"{at}/backend-id", body).expect(200) == moved
    assert posts(lab) == ["set_backend_id"]
    lab.resource("other", backend_id="/lustre/lab/other")
    api.get("/api/storage-resources/", headers={"Cache-Control": "no-cache"}).expect(200)
    taken = api.put(f"{at}/backend-id", {"backend_id": "/lustre/lab/other"})
    assert "path_collision" in taken.expect(409)["detail"]


def test_of_two_that_are_moved_to_one_path_at_once_one_is(lab: Lab) -> None:
    names = ["first", "second"]
    for name in names:
        lab.resource(name)
    api = lab.api(cache_ttl="60")
    read(api)
    lab.waldur.latency = 0.1
    answers = at_once(
        lambda number: api.put(
            f"{VOLUME.removesuffix('climate')}{names[number]}/backend-id",
            {"backend_id": "/lustre/shared"},
        ),
        callers=2,
    )
    assert sorted(statuses(answers)) == [200, 409]
    assert posts(lab) == ["set_backend_id"]


@pytest.mark.parametrize("name", ["approve", "options"])
def test_limits_cannot_be_switched_off(lab: Lab, api: Api, name: str) -> None:
    order = lab.waldur.change_limits(lab.resource(), 20)
    body = {"quota": {"max_bytes": TB, "enabled": False}}
    if name == "options":
        api.put(f"{VOLUME}/options", body).expect(400)
        assert "Nothing to set" in api.put(f"{VOLUME}/options", {"quota": {}}).expect(400)["detail"]
    else:
        api.post(step(order, "approve"), body).expect(400)
    assert posts(lab) == []


@pytest.mark.parametrize(
    "path", ["", "/", "x", "x/y", "/a/../b", "/a/./b", "/..", "/a b", "/a\n", "//", 7, None]
)
def test_a_backend_id_is_an_absolute_path(lab: Lab, api: Api, path: object) -> None:
    lab.resource()
    api.put(f"{VOLUME}/backend-id", {"backend_id": path}).expect(400)
    assert posts(lab) == []


def test_applied_options_join_those_that_are_there(lab: Lab, api: Api) -> None:
    options = {"colour": "blue", "soft_quota_indoes": 5, "hard_quota_space": "12"}
    resource = lab.resource(options=options)
    body = {"quota": {"max_bytes": 15 * TB, "soft_objects": 7}, "mode": "2770"}
    for _ in range(2):
        shown = api.put(f"{VOLUME}/options", body).expect(200)
    assert (shown["mode"], shown["quota"]["max_bytes"], shown["quota"]["soft_objects"]) == (
        "2770",
        15 * TB,
        7,
    )
    assert resource.options == {
        "colour": "blue",
        "hard_quota_space": 15.0,
        "soft_quota_inodes": 7,
        "permissions": "2770",
    }
    assert posts(lab) == ["update_options_direct"]
    api.put(f"{VOLUME}/options", {}).expect(400)
    api.put(f"{VOLUME}/options", {"mode": "rwx"}).expect(400)


def test_an_approval_keeps_the_options_that_it_says_nothing_of(lab: Lab, api: Api) -> None:
    held = {"permissions": "2770", "note": "x", "hard_quota_indoes": 5, "soft_quota_inodes": 9}
    resource = lab.resource(options=held)
    update = lab.waldur.change_limits(resource, 20)
    body = {"quota": {"max_bytes": 20 * TB, "max_objects": 7}}
    api.post(step(update, "approve"), body).expect(200)
    api.post(step(update, "done")).expect(200)
    assert resource.options == {
        "permissions": "2770",
        "note": "x",
        "soft_quota_inodes": 9,
        "hard_quota_space": 20.0,
        "hard_quota_inodes": 7,
    }
    assert api.get(VOLUME).expect(200)["mode"] == "2770"


def test_an_approval_of_new_options_applies_them(lab: Lab, api: Api) -> None:
    resource = lab.resource(options={"permissions": "700", "hard_quota_space": 12})
    update = lab.waldur.change_options(resource, {"permissions": "750"})
    api.post(step(update, "approve"), {"quota": {"max_objects": 7}}).expect(200)
    api.post(step(update, "done")).expect(200)
    assert resource.options == {"permissions": "750", "hard_quota_inodes": 7}


def test_our_own_write_is_seen_by_every_process(lab: Lab) -> None:
    order = new_order(lab)
    one, other = (lab.api(cache_ttl="60") for _ in range(2))
    assert [projects(read(api))[0]["status"] for api in (one, other)] == ["pending"] * 2
    one.post(step(order, "approve")).expect(200)
    one.post(step(order, "done")).expect(200)
    assert [projects(read(api))[0]["status"] for api in (one, other)] == ["active"] * 2


def test_a_new_order_is_found_although_the_list_is_old(lab: Lab) -> None:
    api = lab.api(cache_ttl="600")
    read(api)
    api.post(step(new_order(lab), "approve")).expect(200)


def test_a_volume_s_own_methods_say_who_does_it(lab: Lab, api: Api) -> None:
    lab.resource()
    for method, body in (("POST", {"size_total": TB}), ("PATCH", {"size_total": TB})):
        assert "orders in Waldur" in api.request(method, VOLUME, json=body).expect(501)["detail"]
    assert "orders in Waldur" in api.delete(VOLUME).expect(501)["detail"]
    for name in ("namespaces/cscs", "namespaces/new"):
        assert "Waldur" in api.post(f"/v3/cscs/{name}", {}).expect(501)["detail"]


def test_each_step_needs_its_role(lab: Lab) -> None:
    app = lab.app({f"SAPI_ROLE_{role}_GROUPS": role.lower() for role in Role})
    for rule, methods in ORDERS.items():
        for method, role in methods.items():
            path = Route(method, f"/v3/cscs{rule}", role).path
            for held in Role:
                response = call(app, method, path, cookie_of(app, held), data="{")
                assert (response.status_code == 403) is (held is not role)
            assert_problem(call(app, method, path), 403)
    assert posts(lab) == []


def test_a_wrong_token_writes_nothing_and_is_told(lab: Lab, api: Api) -> None:
    order = new_order(lab)
    read(api)
    lab.waldur.faults.add(
        kind="status", method="POST", path="*/approve_by_provider/", status=403, body='{"detail":1}'
    )
    problem = api.post(step(order, "approve")).expect(502)
    assert problem["code"] == "backend-refused"
