"""Item by item, the document of the published proxy; what differs stands in deviations.py."""

import itertools
from typing import Any

import pytest

from storage_api.backends.cscs.gids import mock_uid
from tests.backends.cscs.lab import kind, numbers
from tests.backends.cscs.reference.deviations import (
    CAPITAL_TYPE,
    ITEMS,
    LEFT_OUT,
    LISTED,
    USER_NUMBER,
    LeftOut,
    Listed,
)
from tests.backends.cscs.reference.sides import Item, Sides, differences, identified, known


def test_every_item_is_the_same_but_for_the_deviations(sides: Sides) -> None:
    theirs, ours = sides.both()
    assert len(theirs["resources"]) > 100
    seen: dict[str, dict[str, Any]] = {}
    for one, other in itertools.zip_longest(theirs["resources"], ours["resources"]):
        assert one["itemId"] == other["itemId"]
        differing = differences(one, other)
        number = differing.pop(USER_NUMBER[0], (0, 0))
        assert all(20_000 <= each < 30_000 or each == 0 for each in number)
        if differing:
            seen[sides.name_of(one)] = differing
    assert seen == {deviation.slug: deviation.fields for deviation in ITEMS}
    assert ours["skipped"] == [
        {"itemId": identified(resource), "reason": "gid_not_found"}
        for resource in sides.lab.waldur.store.resources.values()
        if resource.project.slug == "no-group"
    ]


def test_what_stands_around_the_items_is_the_same(sides: Sides) -> None:
    theirs, ours = sides.both("?page=2&page_size=30")
    assert set(ours) - set(theirs) == {"skipped"}
    assert set(theirs) - set(ours) == set()
    for name in ("status", "pagination", "filters_applied"):
        assert theirs[name] == ours[name]


def test_user_numbers_are_made_of_the_slug(sides: Sides) -> None:
    found = sides.ours("?data_type=scratch&page_size=500").expect(200)["resources"]
    slugs = {identified(row): row.slug for row in sides.lab.waldur.store.resources.values()}
    users = [item for item in found if kind(item) == "user"]
    made_up = [item for item in users if sides.name_of(item) != "target-kept-of-user"]
    assert len(made_up) > 5
    for item in made_up:
        assert item["target"]["targetItem"]["unixUid"] == mock_uid(slugs[item["itemId"]])


def test_a_type_in_capitals_has_an_identifier_of_its_own(sides: Sides) -> None:
    waldur = sides.lab.waldur
    project = sides.lab.project("in-capitals")
    before = [item["itemId"] for item in sides.ours().expect(200)["resources"]]
    resource = waldur.add_resource(waldur.offering("BigStor"), project, data_type="Archive")
    try:
        theirs, ours = sides.both()
    finally:
        waldur.remove(resource)
    (one,) = (item for item in theirs["resources"] if item["itemId"] == identified(resource))
    (other,) = (item for item in ours["resources"] if item["itemId"] == identified(resource))
    assert differences(one, other) == CAPITAL_TYPE
    # With the identifier, its tenant and customer are listed once more.
    assert len(ours["resources"]) == len(before) + 3
    assert len(theirs["resources"]) == len(before) + 1


@pytest.mark.parametrize("case", LEFT_OUT, ids=lambda case: case.slug)
def test_a_bad_resource_costs_its_own_item(sides: Sides, case: LeftOut) -> None:
    before = _without_case(sides)
    resource = case.add(sides.lab)
    try:
        theirs, ours = sides.theirs(), sides.ours().expect(200)
    finally:
        sides.lab.waldur.remove(resource)
    assert theirs.status == case.status, theirs.body
    assert known(ours["resources"]) == before
    skipped = {"itemId": identified(resource), "reason": f"malformed: {case.reason}"}
    assert skipped in ours["skipped"]


def test_a_resource_without_identifier_costs_its_own_item(sides: Sides) -> None:
    before = _without_case(sides)
    case = LeftOut("nobody", "§13.5", missing=("uuid",), reason="uuid", status=500)
    resource = case.add(sides.lab)
    try:
        theirs, ours = sides.theirs(), sides.ours().expect(200)
    finally:
        sides.lab.waldur.remove(resource)
    assert theirs.status == case.status
    assert known(ours["resources"]) == before
    assert {"itemId": None, "reason": "malformed: uuid"} in ours["skipped"]


@pytest.mark.parametrize("case", LISTED, ids=lambda case: case.slug)
def test_what_fails_their_whole_list_is_an_item_of_ours(sides: Sides, case: Listed) -> None:
    before = _without_case(sides)
    resource = case.add(sides.lab)
    try:
        theirs, ours = sides.theirs(), sides.ours().expect(200)
    finally:
        sides.lab.waldur.remove(resource)
    assert theirs.status == case.status, theirs.body
    *others, item = ours["resources"]
    assert known(others) == before
    assert item["itemId"] == identified(resource)
    assert (numbers(item["quotas"]), item["permission"]["value"]) == (case.quotas, case.mode)


def test_resources_at_one_path_are_both_left_out(sides: Sides) -> None:
    """§13.3. They hand the same directory to two projects."""
    waldur = sides.lab.waldur
    taken = next(
        row for row in waldur.store.resources.values() if row.project.slug == "target-kept"
    )
    path = "/vast/store/cscs/climate-lab/target-kept"
    before = _without_case(sides)
    resource = waldur.add_resource(
        waldur.offering("vast"), sides.lab.project("second-comer"), backend_id=path
    )
    try:
        theirs, ours = sides.both()
    finally:
        waldur.remove(resource)
    both = {identified(taken), identified(resource)}
    assert both <= {item["itemId"] for item in theirs["resources"]}
    assert known(ours["resources"]) == [item for item in before if item["itemId"] not in both]
    reasons = {row["itemId"]: row["reason"] for row in ours["skipped"]}
    assert {reasons[each] for each in both} == {"path_collision"}


def _without_case(sides: Sides) -> list[Item]:
    return known(sides.ours().expect(200)["resources"])
