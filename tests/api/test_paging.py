"""Pages and filters of lists."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.domain.units import GIB
from tests.conformance.client import Answer, InProcess
from tests.conformance.target import names
from tests.servers import service

LISTS = ["/v3/dummy/volumes", "/v3/dummy/users", "/v3/dummy/buckets", "/v3/dummy/namespaces"]
MANY = 50
_NEXT = re.compile(r'<([^>]+)>; rel="next"')


@pytest.fixture(scope="module")
def api() -> InProcess:
    caller = InProcess(service())
    for name in ("b10", "a", "b2", "c/d", "b1"):
        caller.post(f"/v3/dummy/volumes/{name}", {"size_total": GIB}).expect(201)
    for name in ("bob", "alice", "al.ice", "carol"):
        caller.post(f"/v3/dummy/users/{name}", {}).expect(201)
    for number in range(7):
        body = {"owner": "alice" if number % 2 else "bob"}
        caller.post(f"/v3/dummy/buckets/bucket{number}", body).expect(201)
    for number in range(3):
        caller.post(f"/v3/dummy/namespaces/ns{number}", {}).expect(201)
    caller.post("/v3/dummy/users/alice/keys").expect(201)
    return caller


def next_page(answer: Answer) -> str | None:
    match = _NEXT.fullmatch(answer.headers.get("Link", ""))
    return match[1] if match else None


def pages(api: InProcess, path: str) -> list[list[dict[str, Any]]]:
    found = []
    following: str | None = path
    while following:
        answer = api.get(following)
        found.append(answer.expect(200))
        assert len(found) < MANY, "the pages never end"
        following = next_page(answer)
    return found


@pytest.mark.parametrize("path", LISTS)
def test_without_a_limit_the_whole_list_comes(api: InProcess, path: str) -> None:
    answer = api.get(path)
    assert len(answer.expect(200)) >= 3
    assert "Link" not in answer.headers


@given(limit=st.integers(1, 12), path=st.sampled_from(LISTS))
def test_pages_partition_the_list(api: InProcess, limit: int, path: str) -> None:
    whole = api.get(path).expect(200)
    parts = pages(api, f"{path}?limit={limit}")
    assert all(len(part) == limit for part in parts[:-1])
    assert 0 < len(parts[-1]) <= limit
    joined = [record for part in parts for record in part]
    assert sorted(names(joined)) == sorted(names(whole))
    assert names(joined) == sorted(names(joined))


@given(limit=st.integers(1, 4), pattern=st.sampled_from(["b*", "*1", "*", "bucket?", "[b]*", "x"]))
def test_pages_of_a_filtered_list_partition_it(api: InProcess, limit: int, pattern: str) -> None:
    path = f"/v3/dummy/volumes?name={quote(pattern, safe='*')}"
    whole = api.get(path).expect(200)
    joined = [record for part in pages(api, f"{path}&limit={limit}") for record in part]
    assert sorted(names(joined)) == sorted(names(whole))


def test_the_next_page_starts_after_the_last_one_s_end(api: InProcess) -> None:
    first = api.get("/v3/dummy/volumes?limit=2")
    following = next_page(first)
    assert following is not None
    api.post("/v3/dummy/volumes/a0", {"size_total": GIB}).expect(201)
    api.delete("/v3/dummy/volumes/a0").expect(204)
    assert names(first.expect(200)) == ["a", "b1"]
    assert names(api.get(following).expect(200)) == ["b10", "b2"]


def test_a_page_goes_on_although_its_last_record_is_gone(api: InProcess) -> None:
    api.post("/v3/dummy/volumes/aa", {"size_total": GIB}).expect(201)
    first = api.get("/v3/dummy/volumes?limit=2")
    assert names(first.expect(200)) == ["a", "aa"]
    api.delete("/v3/dummy/volumes/aa").expect(204)
    following = next_page(first)
    assert following is not None
    assert names(api.get(following).expect(200)) == ["b1", "b10"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=a", ["a"]),
        ("name=b*", ["b1", "b10", "b2"]),
        ("name=*1*", ["b1", "b10"]),
        ("name=B*", []),
        ("name=b?", []),
        ("name=[ab]*", []),
        ("name=", []),
        ("name=c/d", ["c/d"]),
        ("state=online", ["a", "b1", "b10", "b2", "c/d"]),
        ("state=nonsense", []),
        ("name=b*&state=online&limit=10", ["b1", "b10", "b2"]),
        ("unknown=1", ["a", "b1", "b10", "b2", "c/d"]),
    ],
)
def test_filters_of_volumes(api: InProcess, query: str, found: list[str]) -> None:
    assert sorted(names(api.get(f"/v3/dummy/volumes?{query}").expect(200))) == found


def test_buckets_can_be_found_by_owner(api: InProcess) -> None:
    found = names(api.get("/v3/dummy/buckets?owner=alice").expect(200))
    assert sorted(found) == ["bucket1", "bucket3", "bucket5"]
    assert api.get("/v3/dummy/buckets?owner=al*").expect(200) == []


def test_filters_stay_on_the_way_through_the_pages(api: InProcess) -> None:
    parts = pages(api, "/v3/dummy/buckets?owner=bob&limit=1&name=bucket*")
    assert [names(part) for part in parts] == [["bucket0"], ["bucket2"], ["bucket4"], ["bucket6"]]


@pytest.mark.parametrize(
    "limit", ["0", "-1", "x", "1.5", "", "10001", "9" * 5000, "%F0%9F%92%BE", "%C2%B2", "+1"]
)
@pytest.mark.parametrize("path", [*LISTS, "/v3/dummy/users/alice/keys"])
def test_a_nonsensical_limit_is_refused(api: InProcess, path: str, limit: str) -> None:
    assert "limit" in api.get(f"{path}?limit={limit}").expect(400)["detail"]


@pytest.mark.parametrize("marker", ["x", "%FF", "%00", "=", "8J+S", "/w==", "9" * 5001])
def test_a_made_up_marker_breaks_nothing(api: InProcess, marker: str) -> None:
    answer = api.get(f"/v3/dummy/volumes?limit=2&marker={marker}")
    assert answer.status in {200, 400}


def test_keys_have_pages_too(api: InProcess) -> None:
    api.post("/v3/dummy/users/carol", {}).expect(200)
    made = {api.post("/v3/dummy/users/carol/keys").expect(201)["access_key"] for _ in range(3)}
    parts = pages(api, "/v3/dummy/users/carol/keys?limit=2")
    assert {key["access_key"] for part in parts for key in part} == made
    assert [len(part) for part in parts] == [2, 1]
