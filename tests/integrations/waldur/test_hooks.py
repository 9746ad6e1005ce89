"""What goes wrong between the plugin and the service, hook by hook."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.integrations.waldur.host import Hooks, Host, Refused, hosted, resource
from tests.integrations.waldur.lab import GB, OBJECTS, STORAGE, Lab

BOTH = {"storage": STORAGE, "objects": OBJECTS}


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[Host]:
    with hosted(lab) as found:
        yield found


@pytest.fixture(autouse=True)
def _calm(lab: Lab) -> Iterator[None]:
    yield
    lab.front.faults.clear()


def refusal(code: str, detail: str) -> str:
    return json.dumps({"code": code, "detail": detail})


def fault(lab: Lab, status: int, *, method: str, path: str, times: int | None = 1) -> None:
    lab.front.faults.add(
        kind="status",
        status=status,
        method=method,
        path=path,
        times=times,
        body=refusal("not-found" if status == 404 else "refused", "no"),
        content_type="application/problem+json",
    )


def missing_backend(host: Host, state: str) -> Hooks:
    return host.backend({"kind": "volume", "subsystem": "renamed"}, state=state)


def test_a_missing_back_end_is_no_proof_that_the_volume_is_gone(lab: Lab, host: Host) -> None:
    """Nor is a 404 that a proxy made up."""
    hooks = host.backend({"kind": "volume"}, state="gone")
    row = resource("gone")
    name = hooks.make(row)["backend_id"]
    row["backend_id"] = name

    elsewhere = missing_backend(host, "gone")
    for hook in ("delete_resource", "pull_resource"):
        with pytest.raises(Refused) as refused:
            elsewhere(hook, row)
        assert "BackendNotReadyError" in refused.value.kinds
        lab.front.faults.add(kind="status", status=404, method="GET", path="*/volumes/*")
        with pytest.raises(Refused) as refused:
            hooks(hook, row)
        assert "BackendNotReadyError" in refused.value.kinds

    inside = {"kind": "bucket", "namespace": "mistyped"}
    with pytest.raises(Refused):
        host.backend(inside)("delete_resource", resource("b", backend_id="msocean-b"))

    hooks("delete_resource", row)
    assert lab.call("GET", f"/v3/dummy/volumes/{name}") is None


def test_what_was_made_anew_in_a_broken_attempt_is_known_again(lab: Lab, host: Host) -> None:
    """An administrator removed it; the next attempt to make it lost the answer."""
    hooks = host.backend({"kind": "volume"})
    row = resource("anew")
    name = hooks.make(row)["backend_id"]
    lab.call("DELETE", f"/v3/dummy/volumes/{name}")
    lab.front.faults.add(kind="cut-after", method="POST", path=f"*/volumes/{name}")
    with pytest.raises(Refused):
        hooks.make({**row, "backend_id": name})
    assert lab.call("GET", f"/v3/dummy/volumes/{name}")
    assert hooks.make({**row, "backend_id": name})["backend_id"] == name
    hooks("delete_resource", {**row, "backend_id": name})
    assert lab.call("GET", f"/v3/dummy/volumes/{name}") is None


def test_what_was_never_asked_for_is_not_claimed(lab: Lab, host: Host) -> None:
    hooks = host.backend({"kind": "volume"})
    row = resource("unsized", limits={})
    with pytest.raises(Refused, match="needs a size"):
        hooks.make(row)
    lab.call("POST", "/v3/dummy/volumes/msocean_unsized", {"size_total": GB})
    hooks("delete_resource", row)
    assert lab.call("GET", "/v3/dummy/volumes/msocean_unsized")


def test_a_name_of_nothing_is_refused_for_good(host: Host) -> None:
    hooks = host.backend({"kind": "volume"})
    with pytest.raises(Refused, match="no name") as refused:
        hooks.make(resource("", project_slug=""))
    assert "BackendError" in refused.value.kinds


def test_a_create_that_is_done_again_leaves_the_keys_that_waldur_has(lab: Lab, host: Host) -> None:
    """Two deliveries of one order, of which the second began before the first told Waldur."""
    hooks = host.backend({"kind": "user"}, BOTH, state="keys")
    row = resource("keys")
    name = hooks.make(row)["backend_id"]
    told = {key["client_id"] for key in hooks("generate_resource_keys", name, 2)}
    again = host.backend({"kind": "user"}, BOTH, state="keys")
    again.make(row)
    again("prune_unknown_resource_keys", name, sorted(told))
    assert again("generate_resource_keys", name, 0) == []
    assert held(lab, name) == told


def test_a_restored_account_has_the_keys_that_waldur_is_told(lab: Lab, host: Host) -> None:
    hooks = host.backend({"kind": "user"}, BOTH)
    row = resource("restored")
    name = hooks.make(row)["backend_id"]
    hooks("generate_resource_keys", name, 2)
    hooks("delete_resource", {**row, "backend_id": name})
    hooks.make({**row, "backend_id": name})
    told = {key["client_id"] for key in hooks("generate_resource_keys", name, 2)}
    assert held(lab, name) == told
    assert len(told) == 2


def held(lab: Lab, name: str) -> set[str]:
    return {row["access_key"] for row in lab.call("GET", f"/v3/dummy/users/{name}/keys")}


def test_an_account_without_quota_is_suspended_and_restored(lab: Lab, host: Host) -> None:
    """As on ECS, where accounts have no quota."""
    hooks = host.backend({"kind": "user"}, BOTH)
    name = hooks.make(resource("quotaless"))["backend_id"]
    fault(lab, 501, method="GET", path="*/quota", times=None)
    fault(lab, 501, method="PUT", path="*/quota", times=None)
    path = f"/v3/dummy/users/{name}"
    assert hooks("pause_resource", name) is True
    assert lab.call("GET", path)["suspended"]
    assert hooks("downscale_resource", name) is False
    assert not lab.call("GET", path)["suspended"]
    assert hooks("restore_resource", name) is True
    assert lab.call("GET", path)["suspended"] is False


def test_what_cannot_be_suspended_can_still_be_restored(lab: Lab, host: Host) -> None:
    hooks = host.backend({"kind": "user"}, BOTH)
    name = hooks.make(resource("unstoppable"))["backend_id"]
    fault(lab, 501, method="PATCH", path="*/users/*", times=None)
    assert hooks("pause_resource", name) is False
    assert hooks("restore_resource", name) is True


def test_soft_limits_survive_a_pause_and_a_change_of_limits(lab: Lab, host: Host) -> None:
    hooks = host.backend({"kind": "bucket"}, BOTH)
    name = hooks.make(resource("soft"))["backend_id"]
    path = f"/v3/dummy/buckets/{name}/quota"
    lab.call("PUT", path, {"max_bytes": 5 * GB, "soft_bytes": 4 * GB})
    hooks("set_resource_limits", name, {"storage": 6})
    assert lab.call("GET", path)["soft_bytes"] == 4 * GB
    hooks("downscale_resource", name)
    assert lab.call("GET", path)["max_bytes"] == 0
    hooks("set_resource_limits", name, {"storage": 7})
    hooks("restore_resource", name)
    quota = lab.call("GET", path)
    assert (quota["max_bytes"], quota["soft_bytes"]) == (7 * GB, 4 * GB)


def test_a_forced_sync_makes_only_what_is_missing(lab: Lab, host: Host) -> None:
    """And lifts no pause on the way."""
    hooks = host.backend({"kind": "bucket"}, BOTH)
    row = resource("forced")
    name = row["backend_id"] = hooks.make(row)["backend_id"]
    path = f"/v3/dummy/buckets/{name}"
    hooks("downscale_resource", name)
    assert hooks("recreate_missing_resource", row) is False
    assert lab.call("GET", f"{path}/quota")["max_bytes"] == 0
    lab.call("DELETE", path)
    assert hooks("recreate_missing_resource", row) is True
    assert lab.call("GET", f"{path}/quota")["max_bytes"] == 5 * GB
    assert hooks("downscale_resource", name) is True
    assert lab.call("GET", f"{path}/quota")["max_bytes"] == 0


def test_what_is_somebodys_is_not_offered_for_import(lab: Lab, host: Host) -> None:
    name = host.backend({"kind": "bucket"}).make(resource("taken"))["backend_id"]
    lab.call("POST", "/v3/dummy/buckets/msocean-free", {"owner": "msocean"})
    found = [row["backend_id"] for row in host.backend({"kind": "bucket"})("list_resources")]
    assert "msocean-free" in found
    assert name not in found


def test_a_lost_ledger_makes_no_limit_of_a_pause(host: Host) -> None:
    hooks = host.backend({"kind": "bucket"}, BOTH)
    name = hooks.make(resource("lost"))["backend_id"]
    hooks("downscale_resource", name)
    assert hooks("get_resource_limits", name) == {"storage": 5}
    assert host.backend({"kind": "bucket"}, BOTH)("get_resource_limits", name) == {}


def test_waldur_is_told_what_was_ordered_however_the_system_rounds(lab: Lab, host: Host) -> None:
    """ECS counts in whole GiB: of 14 GB it makes 15.03."""
    hooks = host.backend({"kind": "bucket"}, BOTH, state="rounded")
    row = resource("rounded", size=14)
    name = hooks.make(row)["backend_id"]
    path = f"/v3/dummy/buckets/{name}/quota"
    lab.front.faults.add(
        kind="garbage",
        method="GET",
        path=path,
        times=None,
        body=json.dumps({"enabled": True, "max_bytes": 14 * 2**30, "max_objects": None}),
        content_type="application/json",
    )
    hooks("set_resource_limits", name, {"storage": 14})
    assert hooks("get_resource_limits", name) == {"storage": 14}
    lab.front.faults.clear()
    lab.call("PUT", path, {"max_bytes": 20 * GB})
    assert hooks("get_resource_limits", name) == {"storage": 20}


def test_the_reporting_plugin_changes_nothing(lab: Lab, host: Host) -> None:
    name = host.backend({"kind": "bucket"}, state="usage").make(resource("only"))["backend_id"]
    usage = host.backend({"kind": "bucket"}, plugin="storage-api-usage", state="usage")
    for hook in ("pause_resource", "downscale_resource", "restore_resource"):
        assert usage(hook, name) is False
    assert lab.call("GET", f"/v3/dummy/buckets/{name}/quota")["max_bytes"] == 5 * GB
    with pytest.raises(Refused, match="only reports"):
        usage("rotate_resource_key", "key", name)


@pytest.mark.parametrize("limit", ["many", True, -3, "1e999"])
def test_a_limit_that_is_none_makes_nothing_unlimited(host: Host, limit: object) -> None:
    hooks = host.backend({"kind": "user"}, BOTH)
    with pytest.raises(Refused, match="storage_limit"):
        hooks.make(resource("odd", limits={}, attributes={"storage_limit": limit}))


def test_a_limit_may_come_as_text(lab: Lab, host: Host) -> None:
    hooks = host.backend({"kind": "user"}, BOTH)
    row = resource("text", limits={}, attributes={"storage_limit": "20", "object_limit": ""})
    name = hooks.make(row)["backend_id"]
    quota = lab.call("GET", f"/v3/dummy/users/{name}/quota")
    assert (quota["max_bytes"], quota["max_objects"]) == (20 * GB, None)


@pytest.mark.parametrize("spoilt", ["/proc/nowhere", "damaged"])
def test_without_a_ledger_orders_wait(host: Host, tmp_path: Path, spoilt: str) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "ledger.sqlite").write_text("no database" * 100)
    hooks = host.backend({"kind": "volume", "state_directory": str(tmp_path / spoilt)})
    with pytest.raises(Refused) as refused:
        hooks.make(resource("closed"))
    assert "BackendNotReadyError" in refused.value.kinds


@pytest.mark.parametrize(
    ("wrong", "rows"),
    [
        ({}, {"storage": STORAGE, "more": STORAGE}),
        ({}, {"storage": {**STORAGE, "measure": "byte_days"}}),
        ({}, {"storage": {**STORAGE, "unit_factor": 0}}),
        ({}, {"storage": {**STORAGE, "unit_factor": -1}}),
        ({"create_with": {"owner": "somebody"}}, BOTH),
        ({"kind": "volume", "create_with": {"junction_path": "/all"}}, None),
        ({"kind": "volume", "create_with": {"size_total": 1}}, None),
        ({"verify_ssl": False, "ca_file": "/etc/ca.pem"}, BOTH),
    ],
)
def test_what_contradicts_itself_is_refused(
    host: Host, wrong: dict[str, object], rows: dict[str, object] | None
) -> None:
    with pytest.raises(Refused) as refused:
        host.backend({"kind": "bucket", **wrong}, rows)
    assert "ConfigurationError" in refused.value.kinds


def test_a_backend_id_that_is_no_name_is_refused_for_good(host: Host) -> None:
    hooks = host.backend({"kind": "bucket"})
    for name in ("../users", "a/b", ".."):
        with pytest.raises(Refused, match="name") as refused:
            hooks("delete_resource", resource("odd", backend_id=name))
        assert "BackendNotReadyError" not in refused.value.kinds
        assert "BackendError" in refused.value.kinds


@pytest.mark.parametrize("kind", ["garbage", "truncate", "cut-within", "cut-after"])
def test_a_create_whose_answer_is_spoilt_is_gone_on_with(
    lab: Lab, host: Host, kind: Literal["garbage", "truncate", "cut-within", "cut-after"]
) -> None:
    for family in ("volume", "bucket", "namespace"):
        hooks = host.backend({"kind": family})
        row = resource(f"spoilt{kind.replace('-', '')}")
        lab.front.faults.add(kind=kind, method="POST", path=f"*/{family}s/*spoilt*")
        with contextlib.suppress(Refused):
            hooks.make(row)
        lab.front.faults.clear()
        name = row["backend_id"] = hooks.make(row)["backend_id"]
        lab.front.faults.add(kind="garbage", method="GET", path=f"*/{family}s/*spoilt*")
        with pytest.raises(Refused):
            hooks("delete_resource", row)
        lab.front.faults.clear()
        hooks("delete_resource", row)
        assert lab.call("GET", f"/v3/dummy/{family}s/{name}") is None
