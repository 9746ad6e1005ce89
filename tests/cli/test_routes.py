"""`storage-api routes` says the same as the tables that the tests of the API use."""

import json

from tests.api.routes import LACKING, all_routes
from tests.cli.command import run
from tests.servers import DUMMY, service


def test_every_route_is_listed_with_its_role() -> None:
    app = service({"SAPI_BACKENDS": DUMMY})
    wanted = {
        (route.method, route.rule.count("<"), str(route.role or "open"))
        for route in all_routes(app)
        if not route.rule.endswith(tuple(LACKING)) and not route.rule.startswith("/dummy/")
    }
    ended = run("routes", "--json", FLASK_DEBUG="1")
    assert (ended.code, ended.errors) == (0, "")
    listed = json.loads(ended.output)
    assert {
        (route["method"], route["path"].count("{"), route["role"]) for route in listed
    } == wanted
    assert {
        "method": "DELETE",
        "path": "/v3/dummy/volumes/{volume}",
        "role": "UBER_ADMIN",
    } in listed
    assert {"method": "GET", "path": "/health/live", "role": "open"} in listed


def test_people_read_one_route_a_line() -> None:
    lines = run("routes").output.splitlines()
    assert "GET    USER       /v3/dummy/volumes" in lines
    assert len(lines) == len(set(lines))
    assert not [line for line in lines if line.endswith("/v3/dummy/storage-resources")]


def test_a_wrong_configuration_ends_with_two() -> None:
    ended = run("routes", SAPI_BACKENDS="dummy🌈NoSuchStorage🌈password🌈s3cret")
    assert (ended.code, ended.output) == (2, "")
