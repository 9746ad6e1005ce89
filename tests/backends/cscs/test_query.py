"""What can be asked: filters, pages, and the errors that clients know."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.security.roles import Role
from tests.api.callers import call, cookie_of
from tests.backends.cscs.lab import DOCUMENT, Lab, kind, projects, read
from tests.conformance.client import Api, InProcess
from tests.servers import service
from tests.simulators.hpc_user.simulator import HpcUserSimulator
from tests.simulators.waldur import WaldurSimulator

STATUSES = "'pending', 'active', 'removing', 'removed', 'error', 'updating' or 'unknown'"
STATES = "'Creating', 'Erred', 'OK', 'Terminated', 'Terminating' or 'Updating'"
NOT_AN_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
SYSTEMS = ["capstor", "vast", "iopsstor"]


@pytest.fixture(scope="module")
def site() -> Iterator[Lab]:
    """230 resources; nobody changes them."""
    with WaldurSimulator() as waldur, HpcUserSimulator() as gids:
        lab = Lab(waldur, gids)
        lab.seed(230)
        yield lab


@pytest.fixture(scope="module")
def many(site: Lab) -> Api:
    return site.api(cache_ttl="600")


def wrong(kind: str, name: str, message: str, given: str, **context: object) -> dict[str, Any]:
    problem: dict[str, Any] = {"type": kind, "loc": ["query", name], "msg": message}
    return problem | {"input": given} | ({"ctx": context} if context else {})


def too_small(name: str, text: str) -> dict[str, Any]:
    message = "Input should be greater than or equal to 1"
    return wrong("greater_than_equal", name, message, text, ge=1)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            "storage_system=",
            wrong(
                "enum_validation",
                "storage_system",
                "storage_system cannot be empty. Please specify one of the allowed storage "
                "systems or omit the parameter.",
                "",
                allowed_values=SYSTEMS,
                help="Use ?storage_system=capstor (not just ?storage_system=) or omit parameter",
            ),
        ),
        (
            "storage_system=bad",
            wrong(
                "enum_validation",
                "storage_system",
                "Invalid storage_system value 'bad'. Must be one of the allowed values.",
                "bad",
                allowed_values=SYSTEMS,
                help="Use one of: ?storage_system=capstor, ?storage_system=vast, "
                "or ?storage_system=iopsstor",
            ),
        ),
        (
            "state=ok",
            wrong("enum", "state", f"Input should be {STATES}", "ok", expected=STATES),
        ),
        (
            "status=",
            wrong("enum", "status", f"Input should be {STATUSES}", "", expected=STATUSES),
        ),
        ("page=0", too_small("page", "0")),
        ("page=-7", too_small("page", "-7")),
        ("page_size=0", too_small("page_size", "0")),
        (
            "page_size=501",
            wrong(
                "less_than_equal",
                "page_size",
                "Input should be less than or equal to 500",
                "501",
                le=500,
            ),
        ),
        ("page=x", wrong("int_parsing", "page", NOT_AN_INTEGER, "x")),
        ("page=", wrong("int_parsing", "page", NOT_AN_INTEGER, "")),
        ("page=1.5", wrong("int_parsing", "page", NOT_AN_INTEGER, "1.5")),
        ("page=%D9%A1", wrong("int_parsing", "page", NOT_AN_INTEGER, "\u0661")),
        (
            f"page={'9' * 4297}",
            wrong(
                "int_parsing_size",
                "page",
                "Unable to parse input string as an integer, exceeded maximum size",
                "9" * 4297,
            ),
        ),
        (
            "debug=maybe",
            wrong(
                "bool_parsing",
                "debug",
                "Input should be a valid boolean, unable to interpret input",
                "maybe",
            ),
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_wrong_parameter_is_told_as_published(
    many: Api, query: str, problem: dict[str, Any]
) -> None:
    assert many.get(f"{DOCUMENT}?{query}").expect(422) == {"detail": [problem]}


def test_everything_that_is_wrong_is_told_at_once(many: Api) -> None:
    query = "?storage_system=x&state=x&page=x&page_size=x&status=x&debug=x&data_type=x"
    found = many.get(f"{DOCUMENT}{query}").expect(422)["detail"]
    names = ["storage_system", "state", "page", "page_size", "status", "debug"]
    assert [problem["loc"] for problem in found] == [["query", name] for name in names]


@pytest.mark.parametrize(
    "query",
    ["", "page=1", "page=%201%20", "page=%2B1", "page=1.0", "unknown=1", "data_type=", "debug=off"],
)
def test_what_is_meant_is_understood(many: Api, query: str) -> None:
    document = read(many, f"?{query}")
    assert document["pagination"]["current"] == 1
    assert document["filters_applied"] == {
        "page": 1,
        "page_size": 100,
        "offering_slugs": SYSTEMS,
    }


def test_pages_lead_through_the_whole(site: Lab, many: Api) -> None:
    pages = [read(many, f"?page={number}") for number in (1, 2, 3, 4)]
    total = pages[0]["pagination"]["total"]
    assert [len(page["resources"]) for page in pages] == [100, 100, total - 200, 0]
    assert pages[1]["pagination"] == {
        "current": 2,
        "limit": 100,
        "offset": 100,
        "pages": 3,
        "total": total,
        "has_next": True,
    }
    assert [page["pagination"]["has_next"] for page in pages] == [True, True, False, False]
    ids = [item["itemId"] for page in pages for item in projects(page)]
    assert len(ids) == len(set(ids)) == 230


@pytest.mark.parametrize("digits", [400, 4296])
def test_a_page_beyond_all_numbers_is_empty(many: Api, digits: int) -> None:
    document = read(many, f"?page={'9' * digits}&page_size=500")
    assert document["resources"] == []
    assert document["pagination"]["offset"] == (10**digits - 2) * 500


def test_without_anything_there_are_no_pages(lab: Lab, api: Api) -> None:
    document = read(api)
    assert document["resources"] == []
    assert (document["pagination"]["pages"], document["pagination"]["total"]) == (0, 0)


def test_filters_are_exact(many: Api) -> None:
    whole = everything(many, "")
    assert {item["storageSystem"]["key"] for item in everything(many, "storage_system=vast")} == {
        "vast"
    }
    assert {item["storageDataType"]["key"] for item in everything(many, "data_type=%20STORE")} == {
        "store"
    }
    assert everything(many, "data_type=stor") == []
    assert everything(many, "status=unknown") == []
    pending = everything(many, "status=pending")
    assert {item["status"] for item in pending} == {"pending"}
    assert [item for item in whole if item["status"] == "pending"] == pending
    assert {"tenant", "customer"}.isdisjoint(map(kind, everything(many, "status=active")))


def test_a_state_is_waldur_s_and_keeps_the_parents(site: Lab, many: Api) -> None:
    erred = everything(many, "state=Erred")
    below = [item for item in erred if kind(item) in {"project", "user"}]
    assert {item["status"] for item in below} == {"error"}
    assert len(below) == sum(
        resource.state == "Erred" for resource in site.waldur.store.resources.values()
    )
    assert {item["parentItemId"] for item in below} <= {item["itemId"] for item in erred}
    assert len(erred) < len(everything(many, ""))


def everything(api: Api, query: str) -> list[dict[str, Any]]:
    return walk(api, query, 500)


def walk(api: Api, query: str, size: int) -> list[dict[str, Any]]:
    """All items, page by page, and each page as large as it must be."""
    items: list[dict[str, Any]] = []
    number = 1
    while True:
        page = read(api, f"?{query}&page={number}&page_size={size}")
        items += page["resources"]
        left = page["pagination"]["total"] - (number - 1) * size
        assert len(page["resources"]) == min(size, left)
        if not page["pagination"]["has_next"]:
            assert len(items) == page["pagination"]["total"]
            return items
        number += 1


FILTERS = {
    "storage_system": st.sampled_from(SYSTEMS),
    "state": st.sampled_from(["OK", "Erred", "Creating", "Updating"]),
    "data_type": st.sampled_from(["store", "archive", "users", "Scratch", "x"]),
    "status": st.sampled_from(["pending", "active", "error", "unknown"]),
}


@given(st.fixed_dictionaries({}, optional=FILTERS), st.integers(20, 500), st.randoms())
def test_filters_commute_and_pages_partition(
    many: Api, wanted: dict[str, str], size: int, random: Any
) -> None:
    pairs = [f"{name}={value}" for name, value in wanted.items()]
    found = walk(many, "&".join(pairs), size)
    random.shuffle(pairs)
    assert found == everything(many, "&".join(pairs))
    kept = [set(map(as_text, everything(many, pair))) for pair in pairs]
    assert set(map(as_text, found)) == set(map(as_text, everything(many, ""))).intersection(*kept)


def as_text(item: dict[str, Any]) -> str:
    return json.dumps(item, sort_keys=True)


def test_two_services_say_the_same(site: Lab, many: Api) -> None:
    assert everything(site.api(), "") == everything(many, "")


def test_the_last_of_a_repeated_parameter_counts(many: Api) -> None:
    assert read(many, "?page=x&page=2")["pagination"]["current"] == 2


def test_a_missing_slash_is_added(lab: Lab, api: Api) -> None:
    answer = api.get("/api/storage-resources?page=2")
    assert answer.status in {307, 308}
    assert answer.headers["Location"].endswith("/api/storage-resources/?page=2")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        api.request(method, DOCUMENT).expect(405)


def test_both_addresses_say_the_same(many: Api) -> None:
    found = many.get("/v3/cscs/storage-resources?page=2").expect(200)
    assert found == read(many, "?page=2")
    query = f"{DOCUMENT}?page=x"
    assert many.get(query).expect(422) == many.get("/v3/cscs/storage-resources?page=x").expect(422)


def test_the_first_that_is_configured_is_the_published_one(lab: Lab) -> None:
    lab.resource()
    lab.resource("other", "vast")
    options = [lab.options(storage_systems=f"{name}={name}") for name in ("vast", "capstor")]
    entries = [
        "🌈".join([f"e{number}", "CscsStorage", *(part for pair in each.items() for part in pair)])
        for number, each in enumerate(options)
    ]
    backends = "🦄".join(["dummy🌈DummyStorage", *entries])
    api = InProcess(service({"SAPI_BACKENDS": backends}))
    found = read(api)
    assert found["filters_applied"]["offering_slugs"] == ["vast"]
    assert found == api.get("/v3/e0/storage-resources").expect(200)
    assert found != api.get("/v3/e1/storage-resources").expect(200)
    detail = api.get("/v3/dummy/storage-resources").expect(501)["detail"]
    assert "e0, e1" in detail
    # Elsewhere the paths of orders are names of volumes.
    api.get("/v3/dummy/volumes/a/orders").expect(404)


GROUPS = {"SAPI_ROLE_USER_GROUPS": "users", "SAPI_ROLE_ADMIN_GROUPS": "admins"}


def test_the_role_is_asked_before_anything_else(lab: Lab) -> None:
    app = lab.app(GROUPS)
    user, admin = cookie_of(app, Role.USER), cookie_of(app, Role.ADMIN)
    for path in (f"{DOCUMENT}?page=x", "/v3/cscs/storage-resources?page=x"):
        assert call(app, "GET", path, admin).status_code == 403
        assert call(app, "GET", path, user).status_code == 422
    assert call(app, "GET", "/v3/cscs/storage-resources").status_code == 403
    assert call(app, "GET", "/v3/cscs/gid-cache", user).status_code == 403
    assert call(app, "GET", "/v3/cscs/gid-cache", admin).status_code == 200
    assert lab.waldur.requests == []


def test_who_shows_no_credential_gets_the_proxy_s_401(lab: Lab) -> None:
    answer = call(lab.app(GROUPS), "GET", DOCUMENT)
    assert answer.status_code == 401
    assert answer.get_json() == {"detail": "Your request is missing an 'Authorization' HTTP header"}
    assert call(lab.app(), "GET", DOCUMENT).status_code == 200


def test_debugging_is_for_administrators(lab: Lab) -> None:
    app = lab.app(GROUPS)
    query = f"{DOCUMENT}?debug=true"
    assert call(app, "GET", query, cookie_of(app, Role.USER)).status_code == 403
    both = cookie_of(app, Role.USER, Role.ADMIN)
    assert call(app, "GET", query, both).get_json()["debug_mode"] is True


def test_it_is_documented(lab: Lab, api: Api) -> None:
    paths = api.get("/swagger.json").expect(200)["paths"]
    for path in (DOCUMENT, "/v3/cscs/storage-resources"):
        documented = paths[path]["get"]
        names = {parameter["name"] for parameter in documented["parameters"]}
        assert names == {*FILTERS, "page", "page_size", "debug"}
        assert {"200", "403", "422", "502", "503"} <= documented["responses"].keys()
    found = [operation["operationId"] for item in paths.values() for operation in
             (value for key, value in item.items() if key != "parameters")]  # fmt: skip
    assert len(found) == len(set(found))
