"""The OpenAPI document: valid, and saying all that the Swagger document says, of every back-end."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import schemathesis
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from storage_api.api.problems import PROBLEM_TYPE
from storage_api.security.roles import Role
from tests.api.callers import call, cookie_of
from tests.conformance.test_capabilities import ENTRIES
from tests.servers import environment, service

METHODS = {"get", "post", "put", "patch", "delete"}

Document = dict[str, Any]


@pytest.fixture(scope="module")
def app() -> Flask:
    """One back-end of each class, and one twice."""
    entries = [f"e-{name}🌈{entry}" for name, entry in ENTRIES.items()]
    return service({"SAPI_BACKENDS": "🦄".join([*entries, "second🌈DummyStorage"])})


@pytest.fixture(scope="module")
def swagger(app: Flask) -> Document:
    found: Document = call(app, "GET", "/swagger.json").get_json()
    return found


@pytest.fixture(scope="module")
def openapi(app: Flask) -> Document:
    found: Document = call(app, "GET", "/openapi.json").get_json()
    return found


def operations(document: Document) -> Iterator[tuple[str, Document, Document]]:
    """Its name, itself, and what stands beside it for all operations of the path."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method} {path}", item[method], item


def parameters(document: Document, kinds: set[str]) -> dict[str, dict[tuple[str, str], Document]]:
    return {
        name: {
            (one["name"], one["in"]): one
            for one in [*item.get("parameters", []), *operation.get("parameters", [])]
            if one["in"] in kinds
        }
        for name, operation, item in operations(document)
    }


def answers(document: Document, place: str) -> dict[tuple[str, str], Document]:
    """Every answer of every operation, written out."""
    shared = document["responses"] if place == "responses" else document["components"]["responses"]
    return {
        (name, status): shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for name, operation, _ in operations(document)
        for status, answer in operation["responses"].items()
    }


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from references(part)
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for part in value.values():
            yield from references(part)


def test_it_is_valid_openapi_3_1(openapi: Document) -> None:
    assert openapi["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(openapi).validate()


def test_every_operation_is_there_with_all_that_it_says(
    swagger: Document, openapi: Document
) -> None:
    kept = ("operationId", "summary", "description", "tags", "security")
    said = {name: [one[key] for key in kept] for name, one, _ in operations(swagger)}
    assert {name: [one[key] for key in kept] for name, one, _ in operations(openapi)} == said
    assert len(said) > 400


def test_every_parameter_is_there(swagger: Document, openapi: Document) -> None:
    plain = {"path", "query", "header"}
    converted = parameters(openapi, plain)
    for name, given in parameters(swagger, plain).items():
        assert converted[name].keys() == given.keys(), name
        for key, parameter in given.items():
            value = dict(parameter)
            about = {part: value.pop(part) for part in ("name", "in")}
            for part in ("description", "required"):
                if part in value:
                    about[part] = value.pop(part)
            assert converted[name][key] == {**about, "schema": value}, (name, key)


def test_every_body_is_there(swagger: Document, openapi: Document) -> None:
    given = {name: list(one.values()) for name, one in parameters(swagger, {"body"}).items()}
    for name, operation, _ in operations(openapi):
        assert ("requestBody" in operation) == bool(given[name]), name
        if given[name]:
            schema = given[name][0]["schema"]
            body = operation["requestBody"]
            assert body["required"] is True
            assert list(body["content"]) == ["application/json"]
            content = body["content"]["application/json"]
            assert content.get("example") == schema.get("example"), name
            wanted = [
                one.replace("definitions", "components/schemas") for one in references(schema)
            ]
            assert list(references(content)) == wanted, name


def test_every_answer_is_there_in_its_media_type(swagger: Document, openapi: Document) -> None:
    given, converted = answers(swagger, "responses"), answers(openapi, "components")
    assert converted.keys() == given.keys()
    for key, answer in given.items():
        found = converted[key]
        assert found["description"] == answer["description"]
        assert ("content" in found) == ("schema" in answer), key
        if "content" in found:
            assert set(found["content"]) == {_media(key, answer)}, key


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"x", "text/plain"), (b" " * 2**21, "application/json")]
)
def test_it_says_how_a_body_may_be_refused(
    app: Flask, openapi: Document, body: bytes, content_type: str
) -> None:
    admin = cookie_of(app, Role.ADMIN)
    for path, item in openapi["paths"].items():
        if "post" in item and path.startswith("/v3/second/"):
            filled = re.sub(r"\{\w+\}", "x", path)
            sent = call(app, "POST", filled, admin, data=body, content_type=content_type)
            assert str(sent.status_code) in item["post"]["responses"], path


def _media(key: tuple[str, str], answer: Document) -> str:
    if "#/definitions/Problem" in references(answer):
        return PROBLEM_TYPE
    return "image/svg+xml" if key[0].endswith("/usage.svg") else "application/json"


def test_every_schema_is_there_and_says_what_may_be_null(
    swagger: Document, openapi: Document
) -> None:
    schemas = openapi["components"]["schemas"]
    assert schemas.keys() == swagger["definitions"].keys()
    nullable = 0
    for kind, definition in swagger["definitions"].items():
        assert schemas[kind].get("required") == definition.get("required")
        assert schemas[kind]["properties"].keys() == definition["properties"].keys()
        for name, schema in definition["properties"].items():
            found = schemas[kind]["properties"][name]
            assert found.get("description") == schema.get("description")
            assert found.get("examples", [None]) == [schema.get("example")]
            may_be_null = {"type": "null"} in found.get("anyOf", []) or "null" in found.get(
                "type", []
            )
            # What has no type may be anything, null too.
            can_say = {"type", "allOf"} & schema.keys()
            assert may_be_null == bool(can_say and schema.get("x-nullable")), f"{kind}.{name}"
            nullable += may_be_null
    assert nullable > 50


def test_nothing_of_swagger_is_left(openapi: Document) -> None:
    text = str(openapi)
    for word in ("x-nullable", "#/definitions/", "#/responses/", "formData", "'example': None"):
        assert word not in text
    assert all(one.startswith("#/components/") for one in references(openapi))


def test_it_says_how_to_sign_on(openapi: Document) -> None:
    schemes = openapi["components"]["securitySchemes"]
    assert schemes["session"]["in"] == "cookie"
    assert schemes["session"]["name"] == "sapi_session"
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    assert openapi["servers"] == [{"url": "/"}]


def test_schemathesis_loads_all_of_it(openapi: Document) -> None:
    found: Any = schemathesis.openapi.from_dict(openapi).get_all_operations()
    assert len([one.ok() for one in found]) == len(list(operations(openapi)))


@pytest.mark.parametrize("path", ["/swagger.json", "/openapi.json"])
def test_who_has_it_already_is_told_so(app: Flask, path: str) -> None:
    first = call(app, "GET", path)
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = call(app, "GET", path, {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = call(app, "GET", path, {"If-None-Match": '"older"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_processes_and_replicas_make_the_same_document() -> None:
    script = """
from tests.servers import service
for path in ("/swagger.json", "/openapi.json"):
    print(service({"SAPI_LOG_LEVEL": "ERROR"}).test_client().get(path).headers["ETag"])
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=environment({"PYTHONHASHSEED": seed}),
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(set(said[0].split())) == 2


def test_callers_who_come_first_at_once_get_the_same_document() -> None:
    app = service()
    paths = ["/swagger.json", "/openapi.json"] * 4
    together = Barrier(len(paths))

    def tag(path: str) -> tuple[str, str]:
        together.wait()
        return path, call(app, "GET", path).headers["ETag"]

    with ThreadPoolExecutor(len(paths)) as pool:
        found = set(pool.map(tag, paths))
    assert len(found) == 2
    fresh = service()
    assert found == {(path, call(fresh, "GET", path).headers["ETag"]) for path in paths}


def test_it_needs_no_role() -> None:
    app = service({"SAPI_ROLE_USER_GROUPS": "users"})
    assert call(app, "GET", "/openapi.json").status_code == 200
    assert b'href="/openapi.json"' in call(app, "GET", "/").data
