"""What is somebody else's is neither adopted nor changed, and what is ours is not lost sight of."""

import pytest

from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, place, state

KINDS = ["volume", "bucket", "namespace"]


def unanswered(service: Service) -> None:
    """The service is asked to make something, and nobody knows whether it did."""
    service.front.fault = lambda method, _path: 503 if method == "POST" else None


def provision(site: ColdFront, pk: int) -> str:
    site.command("storage_api_sync", "--allocation", str(pk), "--provision")
    return state(site, pk)


def owner_of(service: Service, bucket: str) -> str:
    return str(service.get(f"/v3/dummy/buckets/{bucket}")["owner"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_database_touches_nothing_under_its_own_name(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    service.front.reset()
    site.settings(STORAGE_API_SITE="copy", STORAGE_API_ON_REVOKE="delete")
    site.set_status(pk, "Revoked")
    site.set_status(pk, "Revoked", "approve")
    site.edit(pk, "Storage Quota (TB)", "1")
    assert service.front.writes() == []
    site.settings()
    assert provision(site, pk) == "provisioned"
    assert len(service.front.writes()) == (2 if kind == "bucket" else 1)


def test_a_volume_made_long_after_an_attempt_is_somebody_elses(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume", title="Waited")
    unanswered(service)
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "error"
    site.let_record_age(pk, 1)
    service.front.reset()
    name = f"waited_{pk}"
    theirs = {"size_total": TB, "junction_path": f"/{name}"}
    service.send("POST", f"/v3/dummy/volumes/{name}", theirs)
    assert provision(site, pk) == "error"
    assert service.front.writes() == []


def test_a_volume_of_another_allocation_is_not_taken_for_a_lost_one(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    shared = {"title": "Same Name", "storage_api_name_template": "{project}"}
    first, second = allocation("volume", "1", **shared), allocation("volume", "2", **shared)
    unanswered(service)
    site.set_status(first, "New", "approve")
    service.front.reset()
    site.set_status(second, "New", "approve")
    assert state(site, second) == "provisioned"
    service.front.reset()
    assert provision(site, first) == "error"
    assert service.front.writes() == []


def test_a_volume_made_anew_is_found_though_the_answer_was_lost(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    path = f"/v3/dummy/volumes{place(site, pk)}"
    service.send("DELETE", path)
    service.front.lost = lambda method, _path: 502 if method == "POST" else None
    assert provision(site, pk) == "error"
    service.front.reset()
    assert provision(site, pk) == "provisioned"
    assert service.front.writes() == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_gone_and_is_made_anew_is_told(
    site: ColdFront, service: Service, allocation: Make, kind: str
) -> None:
    pk = allocation(kind)
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    assert site.look(pk)["notes"] == []
    if kind == "namespace":
        stamp = site.look(pk)["values"]["storage_api_id"][0].partition(f":{kind}:")[2]
        service.send("DELETE", f"/v3/dummy/allocations/{stamp}")
    else:
        service.send("DELETE", f"/v3/dummy/{kind}s/{where.lstrip('/')}")
    assert provision(site, pk) == "provisioned"
    (note,) = site.look(pk)["notes"]
    assert "was made anew" in note


def test_the_name_of_a_volume_leaves_room_for_what_tells_it(
    site: ColdFront, allocation: Make
) -> None:
    """Databases other than SQLite fail where a value is too long, when the volume is there."""
    pk = allocation("volume", title="y" * 200)
    site.settings(STORAGE_API_SITE="s" * 20)
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned", site.look(pk)
    (recorded,) = site.look(pk)["values"]["storage_api_id"]
    assert len(recorded) <= 128
    assert place(site, pk).endswith(f"_{pk}")


def test_a_bucket_that_somebody_else_owns_now_is_left_alone(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    service.send("POST", "/v3/dummy/users/heir", {})
    service.send("PATCH", f"/v3/dummy/buckets/{where}", {"owner": "heir"})
    for policy in ("restrict", "delete"):
        site.settings(STORAGE_API_ON_REVOKE=policy)
        service.front.reset()
        site.set_status(pk, "Revoked")
        assert state(site, pk) == "error"
        assert service.front.writes() == []
        site.set_status(pk, "New")


def test_a_tag_that_its_owner_changes_keeps_no_bucket_open(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    """Whoever has the key may write tags."""
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    tags = {"storage-api-owner": "coldfront:nobody:1:1"}
    service.send("PATCH", f"/v3/dummy/buckets/{where}", {"tags": tags})
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "restricted"
    owner = owner_of(service, where)
    assert service.get(f"/v3/dummy/users/{owner}")["suspended"] is True


def test_an_owner_of_more_buckets_is_not_forgotten(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    owner = owner_of(service, where)
    service.send("POST", f"/v3/dummy/buckets/more-{pk}", {"owner": owner})
    site.settings(STORAGE_API_ON_REVOKE="delete")
    site.set_status(pk, "Revoked")
    assert provision(site, pk) == "error"
    assert service.get(f"/v3/dummy/buckets/{where}") is not None
    service.send("DELETE", f"/v3/dummy/buckets/more-{pk}")
    assert provision(site, pk) == "deleted"
    assert service.get(f"/v3/dummy/users/{owner}") is None


def test_a_bucket_whose_removal_broke_off_is_removed_with_its_owner(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    owner = owner_of(service, place(site, pk))
    site.settings(STORAGE_API_ON_REVOKE="delete")
    service.front.fault = lambda method, path: (
        503 if method == "DELETE" and "/users/" in path else None
    )
    site.set_status(pk, "Revoked")
    assert state(site, pk) == "error"
    service.front.reset()
    assert provision(site, pk) == "deleted"
    assert service.get(f"/v3/dummy/users/{owner}") is None
    assert "Subdirectory" not in site.look(pk)["values"]


def test_a_closed_policy_that_lets_somebody_in_closes_nothing(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    closed = "/v3/dummy/export/coldfront-closed"
    if service.get(closed) is not None:
        service.send("DELETE", closed)
    service.send("POST", closed, {"rules": ["10.0.0.0/8"]})
    service.send("POST", "/v3/dummy/export/used", {"rules": ["10.0.0.0/8"]})
    try:
        pk = allocation("volume", storage_api_export_policy="used")
        site.set_status(pk, "New", "approve")
        site.set_status(pk, "Revoked")
        assert state(site, pk) == "error"
        assert "lets somebody in" in site.look(pk)["values"]["storage_api_error"][0]
    finally:
        service.send("DELETE", closed)


def test_what_was_never_made_has_no_state(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "deny")
    assert "storage_api_state" not in site.look(pk)["values"]


def test_one_record_that_somebody_edited_stops_no_report(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    site.grant(pk, "storage_api_id", "edited")
    assert service.front.requests != []
    told = site.command("storage_api_sync", "--prune-report", "--tolerant")
    assert told["code"] == 0
    assert f"{place(site, pk)} is of this ColdFront" in told["out"]


@pytest.mark.parametrize("narrowed", [["--allocation", "999999"], ["--resource", "no such"]])
def test_a_scope_that_there_is_not_is_no_success(site: ColdFront, narrowed: list[str]) -> None:
    assert site.command("storage_api_sync", *narrowed)["code"] == 1


def test_figures_of_two_resources_are_added(site: ColdFront, service: Service) -> None:
    given = {"storage_api_subsystem": "dummy"}
    site.resource("sum volume", {**given, "storage_api_kind": "volume"})
    site.resource("sum bucket", {**given, "storage_api_kind": "bucket"})
    names = ["sum volume", "sum bucket"]
    pk = site.allocation(site.project("Sum"), names, {"Storage Quota (TB)": "1"})
    site.set_status(pk, "New", "approve")
    site.command("storage_api_sync", "--allocation", str(pk))
    assert site.look(pk)["values"]["Quota_In_Bytes"] == [str(2 * TB)]
    site.command("storage_api_sync", "--resource", "sum volume")
    assert site.totals("sum volume")["allocated_tb"] == "1.0"

    service.front.fault = lambda _method, path: 503 if "/volumes" in path else None
    assert site.command("storage_api_sync", "--resource", "sum volume")["code"] == 1
    # Unknown is not 0, nor what the rest adds up to.
    assert site.totals("sum volume")["allocated_tb"] == "1.0"
    assert site.look(pk)["values"]["Quota_In_Bytes"] == [str(2 * TB)]
