"""The Swagger document: valid, complete, and about what is really there."""

import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV2SpecValidator

from storage_api.api.mount import Unsupported
from tests.api.callers import call
from tests.servers import DUMMY, service

_PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
_METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app() -> Flask:
    return service({"SAPI_BACKENDS": f"{DUMMY}🦄second🌈DummyStorage"})


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = call(app, "GET", "/swagger.json").get_json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def test_it_is_valid_swagger_2(document: dict[str, Any]) -> None:
    assert document["swagger"] == "2.0"
    OpenAPIV2SpecValidator(document).validate()


def test_every_route_of_the_api_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    assert _api_rules(app) == set(operations(document))


def _api_rules(app: Flask) -> set[str]:
    return {
        " ".join([method, _PARAMETER.sub(r"{\1}", rule.rule)])
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/v3/", "/conf/"))
        and getattr(app.view_functions[rule.endpoint], "view_class", None) is not Unsupported
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in ids)


def test_every_operation_says_what_may_come_back(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        answers = operation["responses"]
        assert "403" in answers, name
        assert set(answers) & {"200", "201", "204"}, name
        for status, reference in answers.items():
            answer = _resolved(document, reference)
            assert answer["description"], f"{name} {status}"
            if int(status) >= 400:
                assert answer["schema"]["allOf"] == [{"$ref": "#/definitions/Problem"}], name
                assert answer["schema"]["example"]["status"] == int(status), f"{name} {status}"
        if " /v3/jobs" in name:
            assert {"400", "503"} <= set(answers), name
        elif " /v3/" in name:
            assert {"400", "404", "501", "502", "503", "504"} <= set(answers), name


def _resolved(document: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """An answer is written out, or refers to one that several operations share."""
    kind, _, name = answer.get("$ref", "").removeprefix("#/").partition("/")
    return document[kind][name] if name else answer


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert "Role: " in operation["description"] or "Open to" in operation["description"], name
        parameters = operation.get("parameters", [])
        assert all(item["in"] == "body" or item["description"] for item in parameters), name


def test_every_field_is_described(document: dict[str, Any]) -> None:
    for kind, definition in document["definitions"].items():
        if kind == "Problem":
            continue
        for name, schema in definition["properties"].items():
            assert schema["description"], f"{kind}.{name}"


def test_each_back_end_has_a_tag_with_its_class(document: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert tags["dummy"].startswith("DummyStorage")
    assert tags["second"].startswith("DummyStorage")


@pytest.mark.usefixtures("foreign_backends")
def test_only_families_that_a_back_end_has_appear() -> None:
    app = service({"SAPI_BACKENDS": f"{DUMMY}🦄bare🌈BareStorage🦄ill🌈FailingStorage"})
    paths = call(app, "GET", "/swagger.json").get_json()["paths"]
    assert [path for path in paths if path.startswith("/v3/bare/")] == []
    assert [path for path in paths if path.startswith("/v3/ill/")] == ["/v3/ill/capacity"]


def test_it_needs_no_role() -> None:
    app = service({"SAPI_ROLE_USER_GROUPS": "users"})
    assert call(app, "GET", "/swagger.json").status_code == 200
    page = call(app, "GET", "/")
    assert page.mimetype == "text/html"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
