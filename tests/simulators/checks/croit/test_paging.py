"""The pagination document."""

import json
from typing import Any

import pytest

from tests.simulators.checks.croit.caller import Caller
from tests.simulators.croit import CroitSimulator


@pytest.fixture
def sim(memory: CroitSimulator) -> CroitSimulator:
    uids = memory.seed_users(10)
    with memory.store.turn():
        for number, uid in enumerate(uids):
            memory.store.change_user(uid, {"name": f"Name {9 - number}", "suspended": number > 7})
    return memory


CASES: list[tuple[dict[str, Any], list[int], int]] = [
    ({}, list(range(10)), 10),
    ({"limit": 3}, [0, 1, 2], 10),
    ({"after": 8}, [8, 9], 10),
    ({"after": 8, "limit": 0}, [], 10),
    ({"sortBy": [{"column": "name", "order": "ASC"}], "limit": 2}, [9, 8], 10),
    ({"sortBy": [{"column": "uid", "order": "DESC"}], "after": 1, "limit": 2}, [8, 7], 10),
    ({"sortBy": [{"column": "suspended"}, {"column": "name"}], "limit": 1}, [7], 10),
    ({"where": {"uid": {"_eq": "user00003"}}}, [3], 1),
    ({"where": {"uid": {"_neq": "user00003"}}, "limit": 4}, [0, 1, 2, 4], 9),
    ({"where": {"suspended": {"_eq": "true"}}}, [8, 9], 2),
    ({"where": {"uid": {"_gt": "user00007"}}}, [8, 9], 2),
    ({"where": {"uid": {"_gte": "user00007", "_lt": "user00009"}}}, [7, 8], 2),
    ({"where": {"uid": {"_regex": "0000[13]$"}}}, [1, 3], 2),
    ({"where": {"uid": {"_in": ["user00001", "user00009", "x"]}}}, [1, 9], 2),
    ({"where": {"uid": {"_nin": ["user00001"]}}, "limit": 2}, [0, 2], 9),
    ({"where": {"name": {"_contains": "e 4"}}}, [5], 1),
    ({"where": {"_search": "NAME 4"}}, [5], 1),
    ({"where": {"_not": {"uid": {"_lt": "user00009"}}}}, [9], 1),
    ({"where": {"_or": [{"uid": {"_eq": "user00001"}}, {"name": {"_eq": "Name 9"}}]}}, [0, 1], 2),
    ({"where": {"_and": [{"uid": {"_eq": "user00001"}}, {"name": {"_eq": "Name 9"}}]}}, [], 0),
    ({"where": {"absent": {"_eq": "x"}}}, [], 0),
]


@pytest.mark.parametrize(("pagination", "numbers", "total"), CASES, ids=str)
def test_it_filters_then_sorts_then_cuts(
    api: Caller, pagination: dict[str, Any], numbers: list[int], total: int
) -> None:
    page = api.get("/s3/users", pagination=json.dumps(pagination)).expect(200)
    assert [row["uid"] for row in page["data"]] == [f"user{number:05}" for number in numbers]
    assert page["total"] == total
    assert page["after"] == pagination.get("after", 0)
    assert page["limit"] == pagination.get("limit")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "[]",
        '{"limit": "3"}',
        '{"limit": -1}',
        '{"page": 1}',
        '{"sortBy": [{"order": "ASC"}]}',
        '{"where": {"uid": {"_like": "x"}}}',
        '{"where": {"uid": "x"}}',
        '{"where": {"uid": {"_regex": "("}}}',
        '{"where": {"uid": {"_in": "x"}}}',
        '{"where": {"_and": ["x"]}}',
    ],
)
def test_what_it_does_not_understand_is_refused(api: Caller, wrong: str) -> None:
    api.get("/s3/users", pagination=wrong).expect(400)


def test_numbers_compare_as_numbers(sim: CroitSimulator, api: Caller) -> None:
    for name in ("nine", "ten"):
        api.post("/api-tokens", {"name": name, "roles": ["viewer"]}).expect(200)
    for _ in range(10):
        sim.add_token("viewer")
    where = json.dumps({"where": {"id": {"_gt": "9"}}})
    found = api.get("/api-tokens", pagination=where).expect(200)
    assert found["total"] == len(api.get("/api-tokens").expect(200)) - 9


def test_many_users_come_at_once_unless_paged(sim: CroitSimulator, api: Caller) -> None:
    sim.seed_users(1001, "more")
    assert len(api.get("/s3/users").expect(200)) == 1011
    page = api.get("/s3/users", pagination='{"after": 1000, "limit": 1000}').expect(200)
    assert (len(page["data"]), page["total"]) == (11, 1011)
