"""Types, selection, names, commands."""

import pytest

from tests.integrations.coldfront.running import ColdFront
from tests.integrations.coldfront.stage import TB, Make, Service, place, state


def test_upstream_starts_without_the_forks_signals(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume")
    for name in ("allocation_autocreate", "allocation_autoupdate"):
        assert site.signal(name, pk, {}) == {"missing": True}
    assert site.command("check")["code"] == 0
    assert site.page("/")["status"] == 200


def test_setup_can_be_repeated_and_resets_nothing(site: ColdFront) -> None:
    again = site.command("storage_api_setup", "--with-quota-types")
    assert "(created)" not in again["out"]
    assert site.flags("Storage Quota (TB)")[0] == {"usage": True, "changeable": True}


def test_several_types_of_one_name_do_no_harm(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    for name in ("storage_api_state", "storage_api_id", "Subdirectory", "Storage Quota (TB)"):
        site.duplicate_type(name)
    assert "2 of this name" in site.command("storage_api_setup")["out"]
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "provisioned"
    assert site.edit(pk, "Storage Quota (TB)", "4")["status"] in {200, 302}
    assert service.get(f"/v3/dummy/buckets/{place(site, pk)}/quota")["max_bytes"] == 4 * TB


def test_every_resource_of_an_allocation_counts(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    """A volume and a bucket, a child that inherits, a cluster that is none of ours."""
    for name, kind, parent in (
        ("both volume", "volume", None),
        ("both bucket", "bucket", None),
        ("only cluster", None, None),
        ("part of volume", None, "both volume"),
    ):
        given = {"storage_api_subsystem": "dummy", "storage_api_kind": kind} if kind else {}
        site.resource(name, given, parent)
    granted = {"Storage Quota (TB)": "1"}
    resources = ["both volume", "both bucket", "only cluster", "part of volume"]
    pk = site.allocation(site.project("Both"), resources, granted)
    site.set_status(pk, "New", "approve")
    seen = site.look(pk)["values"]
    assert seen["storage_api_state"] == ["provisioned"]
    assert len(seen["storage_api_id"]) == 2
    assert len(seen["Subdirectory"]) == 2
    alone = site.allocation(site.project("Child"), ["part of volume"], granted)
    site.set_status(alone, "New", "approve")
    assert state(site, alone) == "provisioned"

    service.front.fault = lambda method, path: 500 if "/buckets" in path else None
    site.edit(pk, "Storage Quota (TB)", "2")
    assert state(site, pk) == "error"
    volume = next(where for where in seen["Subdirectory"] if where.startswith("/"))
    assert service.get(f"/v3/dummy/volumes{volume}")["size_total"] == 2 * TB


def test_an_allocation_of_other_resources_is_left_alone(site: ColdFront, service: Service) -> None:
    site.resource("ecs and dummy", {})
    pk = site.allocation(site.project("Elsewhere"), ["ecs and dummy"], {})
    site.set_status(pk, "New", "approve")
    assert site.look(pk)["values"] == {}
    assert service.front.requests == []


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Smith Lab", "smith-lab"),
        ("a_b__C!!", "a-b-c"),
        ("--", "default"),
        ("", "default"),
        ("Ünïcode Lab", "n-code-lab"),
        ("x" * 80, "x" * 63),
        ("Already-fine", "already-fine"),
    ],
)
def test_slugs(site: ColdFront, text: str, slug: str) -> None:
    assert site.call("coldfront_storage_api.names.slug", text) == slug


def test_a_long_title_leaves_room_for_the_number(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket", title="x" * 200)
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    assert len(where) == 63
    assert where.endswith(f"-{pk}")
    assert service.get(f"/v3/dummy/buckets/{where}") is not None


def test_names_can_be_given(site: ColdFront, service: Service, allocation: Make) -> None:
    pk = allocation("bucket", storage_api_name_template="{site}.{resource}-{pi}")
    site.set_status(pk, "New", "approve")
    assert place(site, pk).startswith(f"{site.environ['STORAGE_API_SITE']}-storage-")
    own = allocation("namespace", values={"Namespace": "given", "Bucket": "given-too"})
    site.set_status(own, "New", "approve")
    assert place(site, own) == "given:given-too"
    assert service.get("/v3/dummy/namespaces/given/buckets/given-too") is not None


def test_a_name_that_would_lose_what_tells_it_apart_is_refused(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    template = f"{'long-' * 13}{{allocation}}-{{project}}"
    pk = allocation("bucket", storage_api_name_template=template)
    site.set_status(pk, "New", "approve")
    assert "too long" in site.look(pk)["values"]["storage_api_error"][0]
    assert service.front.writes() == []


@pytest.mark.parametrize("name", ["../../x", "UPPER CASE", "a" * 70, "a/b"])
def test_a_name_that_leads_elsewhere_is_refused(
    site: ColdFront, service: Service, allocation: Make, name: str
) -> None:
    pk = allocation("bucket", values={"Bucket": name})
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "error"
    assert service.get("/v3/dummy/buckets?name=*x") == []


def test_renaming_a_project_touches_nothing(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    site.rename(pk, "Another title")
    site.edit(pk, "Storage Quota (TB)", "5")
    assert place(site, pk) == where
    assert service.get(f"/v3/dummy/volumes{where}")["size_total"] == 5 * TB


def test_a_resource_that_moved_to_another_back_end_makes_no_second_one(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("bucket")
    site.set_status(pk, "New", "approve")
    site.retype(pk, "storage_api_kind", "volume")
    service.front.reset()
    site.set_status(pk, "New")
    site.set_status(pk, "New", "approve")
    assert state(site, pk) == "error"
    assert service.front.writes() == []


def test_check_says_what_is_missing(site: ColdFront, allocation: Make) -> None:
    allocation("volume", storage_api_subsystem="nowhere")
    checked = site.command("storage_api_check")
    assert checked["code"] == 1
    assert "no back-end 'nowhere'" in checked["out"]
    assert "role UBER_ADMIN" in checked["out"]


def test_sync_tells_drift_writes_figures_and_repairs(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    where = place(site, pk)
    service.send("PATCH", f"/v3/dummy/volumes{where}", {"size_total": TB})
    dry = site.command("storage_api_sync", "--allocation", str(pk), "--dry-run", "--provision")
    assert "drift" in dry["out"]
    assert "Quota_In_Bytes" not in site.look(pk)["values"]
    site.command("storage_api_sync", "--allocation", str(pk))
    seen = site.look(pk)
    assert seen["values"]["Quota_In_Bytes"] == [str(TB)]
    # What ColdFront grants is not overwritten by what happened to it.
    assert seen["values"]["Storage Quota (TB)"] == ["2"]
    assert seen["usage"] == {"Storage Quota (TB)": 0.0, "Quota_In_Bytes": 0.0}
    site.command("storage_api_sync", "--allocation", str(pk), "--provision")
    assert service.get(f"/v3/dummy/volumes{where}")["size_total"] == 2 * TB


def test_sync_writes_a_resources_totals(site: ColdFront, allocation: Make) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    name = site.resource_of(pk)
    done = site.command("storage_api_sync", "--resource", name)
    assert done["code"] == 0, done
    totals = site.totals(name)
    assert totals["allocated_tb"] == "2.0"
    assert float(totals["capacity_tb"]) == 1024 * 2**40 / TB


def test_what_belongs_to_no_allocation_is_named_and_kept(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    made = allocation("namespace")
    site.set_status(made, "New", "approve")
    strange_one = f"coldfront:{site.environ['STORAGE_API_SITE']}:999:9"
    service.send("POST", "/v3/dummy/allocations", {"name": strange_one, "size_bytes": TB})
    service.send("POST", "/v3/dummy/allocations", {"name": "somebody else", "size_bytes": TB})
    told = site.command("storage_api_sync", "--prune-report", "--tolerant")["out"]
    strange = [line for line in told.splitlines() if "of no allocation" in line]
    assert len(strange) == 1
    assert strange_one in strange[0]
    assert service.get(f"/v3/dummy/allocations/{strange_one}") is not None


def test_a_request_for_more_than_there_is_gets_a_note(
    site: ColdFront, service: Service, allocation: Make
) -> None:
    pk = allocation("volume")
    site.set_status(pk, "New", "approve")
    site.change(pk, "Storage Quota (TB)", "9000", approve=False)
    assert any("are free" in note for note in site.look(pk)["notes"])
    assert service.front.writes() != []
