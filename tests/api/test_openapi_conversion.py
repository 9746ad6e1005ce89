"""What our own documents do not use (yet) is converted right as well, or refused."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from storage_api.api.openapi import openapi_of

Document = dict[str, Any]


def swagger(operation: Document, **more: Any) -> Document:
    responses = {"responses": {"200": {"description": "OK"}}}
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": responses | operation}},
        **more,
    }
    OpenAPIV2SpecValidator(document).validate()
    return document


def converted(operation: Document, **more: Any) -> Document:
    document = openapi_of(swagger(operation, **more), {})
    OpenAPIV31SpecValidator(document).validate()
    found: Document = document["paths"]["/x"]["post"]
    return found


def test_a_form_is_a_body() -> None:
    size = {"name": "size", "in": "formData", "type": "integer", "minimum": 1, "description": "s"}
    name = {"name": "name", "in": "formData", "type": "string", "required": True}
    found = converted({"parameters": [size, name]})
    assert "parameters" not in found
    assert found["requestBody"] == {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "size": {"type": "integer", "minimum": 1, "description": "s"},
                        "name": {"type": "string"},
                    },
                }
            }
        },
    }


def test_a_form_with_a_file_has_parts() -> None:
    file = {"name": "f", "in": "formData", "type": "file"}
    content = converted({"parameters": [file], "consumes": ["multipart/form-data"]})["requestBody"][
        "content"
    ]
    assert content["multipart/form-data"]["schema"]["properties"]["f"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
    }


def test_a_file_is_answered_as_bytes_in_what_the_operation_produces() -> None:
    document = swagger({"produces": ["image/png", "application/pdf"]})
    # Valid Swagger, though not to the validator.
    answers = {"200": {"description": "OK", "schema": {"type": "file"}}}
    document["paths"]["/x"]["post"]["responses"] = answers
    found = openapi_of(document, {})
    OpenAPIV31SpecValidator(found).validate()
    content = found["paths"]["/x"]["post"]["responses"]["200"]["content"]
    assert content == {"image/png": {}, "application/pdf": {}}


def test_media_types_of_the_operation_count_before_those_of_all() -> None:
    body = {"name": "b", "in": "body", "schema": {"type": "object", "example": {"a": 1}}}
    ok = {
        "description": "OK",
        "schema": {"type": "array", "items": {"type": "string", "x-nullable": True}},
        "examples": {"text/csv": "a,b"},
        "headers": {"Link": {"type": "string", "description": "next"}},
    }
    found = converted(
        {"parameters": [body], "consumes": ["text/yaml"], "responses": {"200": ok}},
        consumes=["application/xml"],
        produces=["text/csv", "application/json"],
    )
    content = {"schema": {"type": "object"}, "example": {"a": 1}}
    assert found["requestBody"]["content"] == {"text/yaml": content}
    schema = {"type": "array", "items": {"type": ["string", "null"]}}
    assert found["responses"]["200"] == {
        "description": "OK",
        "headers": {"Link": {"description": "next", "schema": {"type": "string"}}},
        "content": {
            "text/csv": {"schema": schema, "example": "a,b"},
            "application/json": {"schema": schema},
        },
    }


@pytest.mark.parametrize(
    ("written", "style", "explode"),
    [
        (None, "form", False),
        ("csv", "form", False),
        ("multi", "form", True),
        ("ssv", "spaceDelimited", False),
        ("pipes", "pipeDelimited", False),
    ],
)
def test_several_values_in_a_parameter(written: str | None, style: str, explode: bool) -> None:
    given = {"name": "n", "in": "query", "type": "array", "items": {"type": "string"}}
    if written:
        given["collectionFormat"] = written
    found = converted({"parameters": [given]})["parameters"][0]
    assert (found["style"], found["explode"]) == (style, explode)
    assert found["schema"] == {"type": "array", "items": {"type": "string"}}


def test_what_openapi_cannot_say_is_refused() -> None:
    tabs = {"name": "n", "in": "query", "type": "array", "items": {"type": "string"}}
    document = swagger({"parameters": [tabs | {"collectionFormat": "tsv"}]})
    with pytest.raises(ValueError, match="'tsv' of parameter 'n'"):
        openapi_of(document, {})


def test_shared_parameters_and_a_body_for_every_method_of_a_path() -> None:
    document = swagger(
        {"parameters": [{"$ref": "#/parameters/body"}, {"$ref": "#/parameters/page"}]},
        parameters={
            "body": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Thing"}},
            "page": {"name": "page", "in": "query", "type": "integer"},
        },
        definitions={"Thing": {"type": "object"}},
    )
    own = document["paths"]["/x"]["post"].pop("parameters")
    document["paths"]["/x"]["parameters"] = own
    found = openapi_of(document, {})
    OpenAPIV31SpecValidator(found).validate()
    item = found["paths"]["/x"]
    assert item["parameters"] == [{"name": "page", "in": "query", "schema": {"type": "integer"}}]
    content = item["post"]["requestBody"]["content"]
    assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            {"type": "number", "maximum": 5, "exclusiveMaximum": True},
            {"type": "number", "exclusiveMaximum": 5},
        ),
        (
            {"type": "number", "minimum": 5, "exclusiveMinimum": False},
            {"type": "number", "minimum": 5},
        ),
        (
            {"type": "string", "enum": ["a"], "x-nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"x-nullable": True}, {}),
        (
            {"allOf": [{"type": "object"}], "x-nullable": True, "description": "d"},
            {"anyOf": [{"type": "object"}, {"type": "null"}], "description": "d"},
        ),
        (
            {"allOf": [{"type": "object"}, {"minProperties": 1}], "x-nullable": True},
            {"anyOf": [{"allOf": [{"type": "object"}, {"minProperties": 1}]}, {"type": "null"}]},
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string", "x-nullable": True}},
            {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        ),
        (
            # Names of fields that look like words of schemas.
            {"type": "object", "properties": {"example": {"type": "string"}, "items": {}}},
            {"type": "object", "properties": {"example": {"type": "string"}, "items": {}}},
        ),
        (
            {"type": "object", "discriminator": "kind", "required": ["kind"]},
            {"type": "object", "discriminator": {"propertyName": "kind"}, "required": ["kind"]},
        ),
    ],
)
def test_a_schema_in_the_words_of_json_schema(given: Document, wanted: Document) -> None:
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "definitions": {"Thing": given},
    }
    assert openapi_of(document, {})["components"]["schemas"]["Thing"] == wanted


def test_a_reference_out_of_the_document_is_refused() -> None:
    body = {"name": "b", "in": "body", "schema": {"$ref": "https://example.org/x.json"}}
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": {"parameters": [body], "responses": {}}}},
    }
    with pytest.raises(ValueError, match="leads elsewhere"):
        openapi_of(document, {})


def test_security_schemes() -> None:
    flows = {"authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {"s": "all"}}
    document = swagger(
        {},
        host="api.example.org",
        basePath="/v1",
        schemes=["https", "http"],
        securityDefinitions={
            "b": {"type": "basic", "description": "d"},
            "k": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "o": {"type": "oauth2", "flow": "accessCode", **flows},
            "mine": {"type": "apiKey", "in": "header", "name": "Cookie"},
        },
    )
    cookie = {"type": "apiKey", "in": "cookie", "name": "session"}
    found = openapi_of(document, {"mine": cookie})
    OpenAPIV31SpecValidator(found).validate()
    assert found["components"]["securitySchemes"] == {
        "b": {"type": "http", "scheme": "basic", "description": "d"},
        "k": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "o": {"type": "oauth2", "flows": {"authorizationCode": flows}},
        "mine": cookie,
    }
    assert [one["url"] for one in found["servers"]] == [
        "https://api.example.org/v1",
        "http://api.example.org/v1",
    ]
