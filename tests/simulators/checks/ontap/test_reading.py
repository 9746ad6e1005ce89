"""Filters, fields, order and pages."""

import pytest

from tests.simulators.checks.ontap.caller import VOLUMES, Caller
from tests.simulators.ontap import OntapSimulator


@pytest.fixture(autouse=True)
def _volumes(sim: OntapSimulator) -> None:
    sim.add_volume("alpha", size=1 << 30, used=5 << 20)
    sim.add_volume("beta", size=2 << 30, aggregates=["aggr2"], caching_policy="auto")
    sim.add_volume("gamma", size=3 << 30, state="offline")
    sim.add_volume("delta", size=4 << 30, state="restricted")
    sim.add_flexgroup("group", size=8 << 30)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=alpha", "alpha"),
        ("name=al*|be*", "alpha beta"),
        ("name=%22alpha%22", "alpha"),
        ("name=%22al*%22", ""),
        ("state=!restricted", "alpha beta gamma group"),
        ("style=flexvol&state=online", "alpha beta"),
        ("size=%3E2GB", "gamma group"),
        ("size=%3E=2GB&size=%3C8GB", "beta gamma"),
        ("size=1..2147483648", "alpha beta"),
        ("size=1073741824", "alpha"),
        ("aggregates.name=aggr2", "beta group"),
        ("aggregates.name=!aggr2", "alpha gamma delta group"),
        ("nas.path=null", "gamma delta"),
        ("nas.path=!null", "alpha beta group"),
        ("nas.path=!/alpha", "beta group"),
        ("nas.path=", ""),
        ("flash_pool.caching_policy=!none", "beta"),
        ("is_svm_root=false&name=beta", "beta"),
        ("create_time=%3C2020-01-01T00:00:00Z", ""),
        ("svm.name=other", ""),
        ("order_by=size desc", "group gamma beta alpha delta"),
        ("order_by=style,name desc", "group gamma delta beta alpha"),
        ("nonsense=1&ignore_unknown_fields=true", "alpha beta gamma delta group"),
    ],
)
def test_queries(call: Caller, query: str, names: str) -> None:
    found = call.names(f"{VOLUMES}?{query}")
    expected = names.split()
    assert (found if "order_by" in query else sorted(found)) == (
        expected if "order_by" in query else sorted(expected)
    )


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("fields=nonsense", "fields"),
        ("fields=space.nonsense", "fields"),
        ("nonsense=1", "nonsense"),
        ("return_timeout=121", "return_timeout"),
        ("return_timeout=soon", "return_timeout"),
        ("max_records=0", "max_records"),
        ("order_by=nonsense", "order_by"),
        ("start.at=5", "start.at"),
        ("start.at=[%22a%22,1]", "start.at"),
        ("return_records=perhaps", "return_records"),
    ],
)
def test_unknown_words_are_refused(call: Caller, query: str, target: str) -> None:
    answer = call("GET", f"{VOLUMES}?{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["target"]) == (400, "262197", target)


@pytest.mark.parametrize(
    ("fields", "present", "absent"),
    [
        ("", "uuid name svm.uuid", "size state"),
        ("*", "size space.used nas.export_policy.name nodes", "nas.path autosize efficiency"),
        ("**", "nas.path autosize.mode space.snapshot.reserve_percent is_svm_root", ""),
        ("space", "space.size", "space.afs_total space.snapshot state"),
        ("space.snapshot", "space.snapshot.used", "space.size"),
        ("autosize", "autosize.maximum autosize.mode", "size"),
        ("nas.path,state", "nas.path state", "nas.export_policy"),
        ("nonsense,state&ignore_unknown_fields=true", "state", "nonsense"),
    ],
)
def test_fields(call: Caller, fields: str, present: str, absent: str) -> None:
    (found,) = call.records(f"{VOLUMES}?name=alpha&fields={fields}")

    def has(path: str) -> bool:
        value = found
        for part in path.split("."):
            if part not in value:
                return False
            value = value[part]
        return True

    assert all(map(has, present.split()))
    assert not any(map(has, absent.split()))


def test_an_older_release_has_no_nodes(sim: OntapSimulator, call: Caller) -> None:
    sim.settings.version = "9.12.1"
    assert call.code("GET", f"{VOLUMES}?fields=nodes.name") == "262197"
    assert "nodes" not in call.records(f"{VOLUMES}?fields=**")[0]
    version = call("GET", "/cluster?fields=version").json()["version"]
    assert (version["generation"], version["major"], version["minor"]) == (9, 12, 1)


def test_pages_end_by_number_or_by_time(sim: OntapSimulator, call: Caller) -> None:
    def walk(query: str) -> tuple[list[str], int]:
        names, pages, href = [], 0, f"{VOLUMES}?{query}"
        while href:
            page = call("GET", href).json()
            assert page["num_records"] == len(page["records"]) > 0
            names += [record["name"] for record in page["records"]]
            pages += 1
            href = page.get("_links", {}).get("next", {}).get("href", "")
            assert not href or href.startswith("/api/")
        return names, pages

    everything = call.names(VOLUMES)
    assert walk("max_records=2") == (everything, 3)
    assert walk("max_records=5") == (everything, 1)
    assert walk("max_records=2&order_by=name desc") == (sorted(everything, reverse=True), 3)
    sim.settings.seconds_per_record = 1.0
    assert walk("return_timeout=2") == (everything, 3)
    assert walk("return_timeout=0")[1] == 5


def test_a_page_goes_on_after_its_last_record_is_gone(sim: OntapSimulator, call: Caller) -> None:
    page = call("GET", f"{VOLUMES}?max_records=2").json()
    sim.remove_volume("beta")
    rest = call.names(page["_links"]["next"]["href"])
    assert rest == ["gamma", "delta"]


def test_only_a_count(call: Caller) -> None:
    answer = call("GET", f"{VOLUMES}?state=online&return_records=false").json()
    assert answer == {"num_records": 3}


def test_links_come_unless_plain_json_is_asked_for(sim: OntapSimulator, call: Caller) -> None:
    assert "_links" not in call("GET", VOLUMES).text
    hal = Caller(sim, headers={"Accept": "*/*"})
    answer = hal("GET", f"{VOLUMES}/?max_records=1").json()
    hal.close()
    uuid = answer["records"][0]["uuid"]
    assert answer["records"][0]["_links"]["self"]["href"] == f"/api{VOLUMES}/{uuid}"
    assert set(answer["_links"]) == {"self", "next"}


def test_what_does_not_apply_is_left_out(sim: OntapSimulator, call: Caller) -> None:
    gamma = call.volume(sim.volume("gamma").uuid)
    assert gamma["space"]["size"] == 3 << 30
    assert "used" not in gamma["space"]
    delta = call.volume(sim.volume("delta").uuid)
    assert "size" not in delta
    assert "path" not in delta["nas"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{VOLUMES}/00000000-0000-4000-8000-000000000000", 404, "4"),
        (f"{VOLUMES}/no-uuid", 404, "2"),
        ("/cluster/jobs/00000000-0000-4000-8000-000000000000", 404, "4"),
        ("/no/such/api", 404, "3"),
        ("/protocols/nfs/export-policies/%C2%B2", 404, "1703954"),
    ],
)
def test_what_is_not_there(call: Caller, path: str, status: int, code: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_capacity_follows_the_volumes(sim: OntapSimulator, call: Caller) -> None:
    sim.set_available("aggr1", 5 << 30)
    fields = "fields=name,node.name,space.block_storage.available"
    by_name = {row["name"]: row for row in call.records(f"/storage/aggregates?{fields}")}
    assert by_name["aggr1"]["space"]["block_storage"]["available"] == 5 << 30
    (svm,) = call.records("/svm/svms?fields=aggregates.name,aggregates.available_size")
    sizes = {row["name"]: row["available_size"] for row in svm["aggregates"]}
    assert sizes["aggr1"] == 5 << 30
    sim.add_svm("loose", aggregates=None)
    assert "aggregates" not in call.records("/svm/svms?name=loose&fields=aggregates")[0]
    assert call.code("POST", VOLUMES, {"size": 1}) == "2"


def test_a_takeover_moves_the_node_and_not_the_home(sim: OntapSimulator, call: Caller) -> None:
    sim.take_over("node-a", "node-b")
    (row,) = call.records("/storage/aggregates?name=aggr1&fields=node.name,home_node.name")
    assert (row["node"]["name"], row["home_node"]["name"]) == ("node-b", "node-a")
    assert call.volume(sim.volume("alpha").uuid)["nodes"][0]["name"] == "node-b"
