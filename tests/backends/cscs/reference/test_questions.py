"""Filters, pages and wrong parameters: the answers of the published proxy."""

from typing import Any

import pytest

from tests.backends.cscs.lab import kind
from tests.backends.cscs.reference.deviations import ITEMS
from tests.backends.cscs.reference.sides import Item, Sides, identified, known
from tests.backends.cscs.reference.site import SYSTEMS
from tests.simulators.waldur.records import RESOURCE_STATES

ALIKE = (
    "?page=99",
    "?page=1&page=2",
    *("?data_type=store", "?data_type=%20SCRATCH%20", "?data_type=", "?data_type=dataset"),
    *("?data_type=nothing", "?unheard-of=1"),
    *("?status=error", "?status=removed", "?status=updating", "?status=removing"),
    *("?status=unknown", "?status=error&data_type=users"),
    *("?storage_system=capstor", "?storage_system=fast", "?storage_system=Big%20Storage"),
    "?storage_system=Big%20Storage&data_type=archive&page_size=2&page=2",
)


@pytest.mark.parametrize("query", ALIKE)
def test_filters_keep_the_same_items(sides: Sides, query: str) -> None:
    theirs, ours = sides.both(query)
    assert _ids(ours["resources"]) == _ids(theirs["resources"])
    assert _comparable(sides, ours["resources"]) == _comparable(sides, theirs["resources"])
    for name in ("status", "pagination", "filters_applied"):
        assert theirs[name] == ours[name]


def test_pages_are_the_same(sides: Sides) -> None:
    for page in range(1, 9):
        theirs, ours = sides.both(f"?page={page}&page_size=37")
        assert _ids(ours["resources"]) == _ids(theirs["resources"])
        assert ours["pagination"] == theirs["pagination"]
    assert not ours["pagination"]["has_next"]


@pytest.mark.parametrize("state", RESOURCE_STATES)
def test_states_are_applied_and_not_ignored(sides: Sides, state: str) -> None:
    """§13.5."""
    theirs, ours = sides.both(f"?state={state}&page_size=500")
    wanted = {
        identified(row) for row in sides.lab.waldur.store.resources.values() if row.state == state
    }
    expected = [each for each in _spaces(theirs["resources"]) if each["itemId"] in wanted]
    assert _ids(_spaces(ours["resources"])) == _ids(expected)
    assert len(expected) < len(_spaces(theirs["resources"]))


def test_a_change_that_nobody_confirmed_is_active(sides: Sides) -> None:
    """§8. They ask Waldur for what is OK, and so miss what they themselves call active."""
    theirs, ours = sides.both("?status=active&page_size=500")
    whole = sides.theirs().expect(200)["resources"]
    active = [item["itemId"] for item in whole if item["status"] == "active"]
    assert _ids(ours["resources"]) == active
    missed = {
        sides.name_of(item)
        for item in ours["resources"]
        if item["itemId"] not in _ids(theirs["resources"])
    }
    assert missed == {
        f"unconfirmed-{change}"
        for change in ("limits", "options", "hard-options", "mode", "terminate")
    }


def test_every_tenant_and_customer_is_pending(sides: Sides) -> None:
    """A filter keeps what the list shows. They leave out parents of nothing that is new."""
    theirs, ours = sides.both("?status=pending&page_size=500")
    whole = sides.ours().expect(200)["resources"]
    assert _ids(ours["resources"]) == [
        item["itemId"] for item in whole if item["status"] == "pending"
    ]
    assert _ids(_spaces(ours["resources"])) == _ids(_spaces(theirs["resources"]))
    assert set(_ids(theirs["resources"])) <= set(_ids(ours["resources"]))
    assert len(theirs["resources"]) < len(ours["resources"])


def test_an_item_is_the_same_whatever_is_asked_for(sides: Sides) -> None:
    """They know a customer only while one of the offerings that are asked for has it."""
    waldur = sides.lab.waldur
    leaver = waldur.add_customer("Leaver", slug="leaver")
    project = waldur.add_project(leaver, "Leaver", slug="leaver")
    sides.lab.gids.add("leaver", 39_998)
    gone = waldur.add_resource(waldur.offering("capstor"), project, state="Terminated")
    there = waldur.add_resource(waldur.offering("vast"), project)
    try:
        whole = sides.both()
        filtered = sides.both("?storage_system=capstor&page_size=500")
    finally:
        waldur.remove(gone)
        waldur.remove(there)
    parents = [
        next(item for item in found["resources"] if item["itemId"] == identified(gone))
        for found in (*whole, *filtered)
    ]
    customer = parents[0]["parentItemId"]
    assert customer is not None
    assert [item["parentItemId"] for item in parents] == [customer, customer, None, customer]


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=x", "page=", "page=1.5", "page=%20", "page=1_0_"),
        *("page_size=0", "page_size=501", "page_size=x", "state=ok", "state=", "status=x"),
        "state=x&page=0&page_size=x&status=x",
        f"page={'9' * 5000}",
    ],
)
def test_wrong_parameters_are_told_in_the_same_words(sides: Sides, query: str) -> None:
    assert sides.ours(f"?{query}").expect(422) == sides.theirs(f"?{query}").expect(422)


@pytest.mark.parametrize("number", ["1.0", "%201%20", "1_0", "%2B2", "01"])
def test_numbers_are_read_alike(sides: Sides, number: str) -> None:
    theirs, ours = sides.both(f"?page={number}")
    assert ours["pagination"] == theirs["pagination"]


@pytest.mark.parametrize("text", ["", "bad", "vast"])
def test_a_wrong_storage_system_is_told_as_it_was_published(sides: Sides, text: str) -> None:
    """§3: the form that 0.7.6 documented. Status and place are those of theirs."""
    theirs = sides.theirs(f"?storage_system={text}").expect(422)["detail"]
    ours = sides.ours(f"?storage_system={text}").expect(422)["detail"]
    assert [row["loc"] for row in ours] == [row["loc"] for row in theirs]
    assert [row["input"] for row in ours] == [row["input"] for row in theirs]
    assert {row["type"] for row in theirs} <= {"enum", "string_too_short"}
    assert {row["type"] for row in ours} == {"enum_validation"}
    assert ours[0]["ctx"]["allowed_values"] == list(SYSTEMS)


def _spaces(items: list[Item]) -> list[Item]:
    return [item for item in items if kind(item) in {"project", "user"}]


def _ids(items: list[Item]) -> list[str]:
    return [item["itemId"] for item in items]


def _comparable(sides: Sides, items: list[Item]) -> list[Any]:
    deviating = {deviation.slug for deviation in ITEMS}
    return [item for item in known(items) if sides.name_of(item) not in deviating]
