from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.simulators.checks.waldur.caller import Caller
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Project

RESOURCES = "marketplace-provider-resources/"


def all_pages(provider: Caller, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    answer = provider.get(RESOURCES, query)
    while True:
        assert answer.status_code == 200
        rows += answer.json()
        if "next" not in answer.links:
            return rows
        answer = provider.session.get(answer.links["next"]["url"], timeout=10)


def test_pages_lead_through_every_row_once(sim: WaldurSimulator, provider: Caller) -> None:
    sim.seed(70)

    rows = all_pages(provider, "page_size=30&offering_slug=capstor,vast")

    expected = [r.uuid for r in sim.store.resources.values() if r.offering.slug != "iopsstor"]
    assert [row["uuid"] for row in rows] == expected


def test_links_hold_no_comma_but_those_between_them(sim: WaldurSimulator, provider: Caller) -> None:
    sim.seed(30)

    link = provider.get(RESOURCES, "offering_slug=capstor,vast&page=2&page_size=7").headers["Link"]

    assert [part.strip().rpartition("; ")[2] for part in link.split(",")] == [
        'rel="first"',
        'rel="prev"',
        'rel="next"',
        'rel="last"',
    ]
    assert "offering_slug=capstor%2Cvast" in link


@pytest.mark.parametrize(
    ("query", "rows"),
    [("", 10), ("page_size=1000", 300), ("page_size=0", 10), ("page_size=x", 10), ("page=2", 10)],
)
def test_page_sizes(sim: WaldurSimulator, provider: Caller, query: str, rows: int) -> None:
    sim.seed(310)

    answer = provider.get(RESOURCES, query)

    assert (len(answer.json()), answer.headers["X-Result-Count"]) == (rows, "310")


@pytest.mark.parametrize("page", ["3", "0", "x", "-1"])
def test_a_page_that_is_not_there(sim: WaldurSimulator, provider: Caller, page: str) -> None:
    sim.seed(20)

    answer = provider.get(RESOURCES, f"page={page}")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_an_empty_list_has_one_page(provider: Caller) -> None:
    answer = provider.get(RESOURCES)

    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["X-Result-Count"] == "0"


def test_head_counts(sim: WaldurSimulator, provider: Caller) -> None:
    sim.seed(20)

    answer = provider.ask("HEAD", RESOURCES)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Result-Count"] == "20"


def test_field_names_what_comes(sim: WaldurSimulator, project: Project, provider: Caller) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)

    [row] = provider.get(RESOURCES, "field=uuid&field=state&field=no_such").json()

    assert row == {"uuid": resource.uuid, "state": "OK"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("offering_slug=vast", 1),
        ("offering_slug=vast,capstor", 3),
        ("offering_slug=vast&offering_slug=capstor", 3),
        ("offering_slug=none", 0),
        ("state=OK", 2),
        ("state=OK&state=Erred", 3),
        ("visible_to_providers=true&no_such_filter=1", 3),
        ("modified=2020-01-01", 3),
        ("modified=2999-01-01", 0),
    ],
)
def test_filters(
    sim: WaldurSimulator, project: Project, provider: Caller, query: str, count: int
) -> None:
    sim.add_resource(sim.offering("vast"), project)
    sim.add_resource(sim.offering("capstor"), project)
    sim.add_resource(sim.offering("capstor"), project, data_type="users", state="Erred")

    assert len(provider.get(RESOURCES, query).json()) == count


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("", "bca"),
        ("o=created", "bca"),
        ("o=-created", "acb"),
        ("o=name", "abc"),
        ("o=-name", "cba"),
    ],
)
def test_orders_of_a_list(
    sim: WaldurSimulator, project: Project, provider: Caller, order: str, names: str
) -> None:
    for name in "bca":
        sim.add_resource(sim.offering("vast"), project, name=name)

    assert [row["name"] for row in provider.get(RESOURCES, order).json()] == list(names)


def test_orders_of_several_keys(sim: WaldurSimulator, project: Project, provider: Caller) -> None:
    for name, state in (("a", "OK"), ("b", "Erred"), ("c", "OK")):
        sim.change(sim.add_resource(sim.offering("vast"), project, name=name), state=state)

    rows = provider.get(RESOURCES, "o=state&o=-name").json()

    assert [row["name"] for row in rows] == ["b", "c", "a"]


@pytest.mark.parametrize("spell", [str, lambda text: str(UUID(text))], ids=["plain", "dashed"])
def test_identifiers_have_two_spellings(
    sim: WaldurSimulator, project: Project, provider: Caller, spell: Callable[[str], str]
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)

    found = provider.get(RESOURCES, f"offering_uuid={spell(resource.offering.uuid)}").json()

    assert [row["uuid"] for row in found] == [resource.uuid]
    assert provider.get(f"{RESOURCES}{spell(resource.uuid)}/").json()["uuid"] == resource.uuid


@pytest.mark.parametrize(
    "query",
    ["o=size", "state=Bad", "offering_uuid=x", "modified=2026-11-21T10:00:00Z", "modified=x"],
)
def test_bad_values_of_filters(provider: Caller, query: str) -> None:
    answer = provider.get(RESOURCES, query)

    assert answer.status_code == 400
    assert list(answer.json()) == [query.partition("=")[0]]


def test_a_changed_row_shows_at_once(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    before = provider.get(RESOURCES).json()[0]
    sim.change(resource, limits={"storage": 77}, backend_id="/x")
    after = provider.get(RESOURCES).json()[0]

    assert (before["limits"], after["limits"]) == ({"storage": 10}, {"storage": 77})
    assert after["backend_id"] == "/x"
    assert after["modified"] > before["modified"]


def test_rows_may_be_spoiled(sim: WaldurSimulator, project: Project, provider: Caller) -> None:
    resource = sim.add_resource(sim.offering("vast"), project)
    sim.spoil(resource, "customer_slug", attributes=None, limits={"storage": "7"}, state=3)

    [row] = provider.get(RESOURCES).json()

    assert "customer_slug" not in row
    assert (row["attributes"], row["limits"], row["state"]) == (None, {"storage": "7"}, 3)


def test_offerings_and_their_customers(
    sim: WaldurSimulator, project: Project, provider: Caller
) -> None:
    sim.add_resource(sim.offering("vast"), project)
    gone = sim.add_customer("Gone", slug="gone")
    sim.add_resource(
        sim.offering("vast"), sim.add_project(gone, "Past", slug="past"), state="Terminated"
    )

    offerings = {row["slug"]: row for row in provider.get("marketplace-provider-offerings/").json()}
    path = f"marketplace-provider-offerings/{offerings['vast']['uuid']}/"

    assert set(offerings) == {"capstor", "vast", "iopsstor"}
    assert provider.get(path).json() == offerings["vast"]
    assert [row["slug"] for row in provider.get(f"{path}customers/").json()] == ["climate-lab"]


def test_the_same_number_seeds_the_same_site(sim: WaldurSimulator) -> None:
    other = WaldurSimulator()

    assert [r.uuid for r in sim.seed(120)] == [r.uuid for r in other.seed(120)]
    places = {(r.project, r.offering, r.attributes["storage_data_type"]) for r in other.seed(0)}
    assert places == set()
    states = {resource.state for resource in sim.store.resources.values()}
    assert states == {"OK", "Creating", "Erred", "Updating", "Terminating", "Terminated"}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_missing_slash_is_redirected(provider: Caller, method: str) -> None:
    answer = provider.ask(method, "marketplace-orders", "page=2")

    assert answer.status_code == 301
    assert urlsplit(answer.headers["Location"])[2:4] == ("/api/marketplace-orders/", "page=2")
