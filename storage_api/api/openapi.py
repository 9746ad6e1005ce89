"""Turns the Swagger 2.0 document into one of OpenAPI 3.1, which generators of clients prefer.

Pure: dicts in, new dicts out. What Swagger cannot say is completed by the caller (``schemes``) or
read from the one extension that our schemas use, ``x-nullable``.
"""

from collections.abc import Iterator, Mapping, Sequence

from storage_api.api.openapi_bodies import content_of, request_body_of
from storage_api.api.openapi_schemas import Schema, moved, parameter_schema_of, schema_of

VERSION = "3.1.0"

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_BODIES = frozenset({"body", "formData"})
_AT_THE_TOP = ("info", "tags", "externalDocs", "security")
#: How several values in one parameter are written: the style, and whether each comes by itself.
_STYLES = {
    "csv": (None, False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}


def openapi_of(swagger: Schema, schemes: Mapping[str, Schema]) -> Schema:
    """The OpenAPI document that says what ``swagger`` says.

    ``schemes`` are security schemes that Swagger has no words for, by name (cookies, bearer
    tokens); they take the place of what it says instead.

    Raises:
        ValueError: ``swagger`` has something that OpenAPI cannot say.
    """
    components = {
        "schemas": {name: schema_of(kind) for name, kind in _of(swagger, "definitions")},
        "responses": {name: _response(kind, swagger) for name, kind in _of(swagger, "responses")},
        "securitySchemes": {
            name: schemes.get(name) or _scheme(kind)
            for name, kind in _of(swagger, "securityDefinitions")
        },
    }
    return {
        "openapi": VERSION,
        **{key: swagger[key] for key in _AT_THE_TOP if key in swagger},
        "servers": _servers(swagger),
        "paths": {path: _path(item, swagger) for path, item in swagger["paths"].items()},
        "components": {kind: named for kind, named in components.items() if named},
    }


def _of(swagger: Schema, key: str) -> Iterator[tuple[str, Schema]]:
    yield from swagger.get(key, {}).items()


def _servers(swagger: Schema) -> list[Schema]:
    path = swagger.get("basePath", "/")
    if "host" not in swagger:
        return [{"url": path}]
    schemes = swagger.get("schemes", ["https"])
    return [{"url": f"{scheme}://{swagger['host']}{path}"} for scheme in schemes]


def _path(item: Schema, swagger: Schema) -> Schema:
    shared = _resolved(item.get("parameters", ()), swagger)
    plain = [_parameter(one) for one in shared if one["in"] not in _BODIES]
    bodies = [one for one in shared if one["in"] in _BODIES]
    converted: Schema = {"parameters": plain} if plain else {}
    for key, value in item.items():
        if key in _METHODS:
            converted[key] = _operation(value, bodies, swagger)
        elif key != "parameters":
            converted[key] = value
    return converted


def _operation(operation: Schema, bodies: Sequence[Schema], swagger: Schema) -> Schema:
    consumes: Sequence[str] = operation.get("consumes") or swagger.get("consumes") or ()
    converted = {
        key: value
        for key, value in operation.items()
        if key not in {"parameters", "responses", "consumes", "produces", "schemes"}
    }
    own = _resolved(operation.get("parameters", ()), swagger)
    if plain := [_parameter(one) for one in own if one["in"] not in _BODIES]:
        converted["parameters"] = plain
    if body := request_body_of([*bodies, *(one for one in own if one["in"] in _BODIES)], consumes):
        converted["requestBody"] = body
    produces = operation.get("produces", ())
    converted["responses"] = {
        status: _response(response, swagger, produces)
        for status, response in operation["responses"].items()
    }
    return converted


def _resolved(parameters: Sequence[Schema], swagger: Schema) -> list[Schema]:
    """Written out: one that is shared may become part of a body, which has another place."""
    return [
        swagger["parameters"][one["$ref"].removeprefix("#/parameters/")] if "$ref" in one else one
        for one in parameters
    ]


def _parameter(parameter: Schema) -> Schema:
    kept = ("name", "in", "description", "required", "allowEmptyValue")
    converted = {key: value for key, value in parameter.items() if key in kept}
    converted["schema"] = parameter_schema_of(parameter)
    if parameter.get("type") == "array":
        converted |= _style(parameter)
    return converted


def _style(parameter: Schema) -> Schema:
    name = parameter.get("collectionFormat", "csv")
    if name not in _STYLES:
        raise ValueError(f"OpenAPI has no style for {name!r} of parameter {parameter['name']!r}")
    style, each = _STYLES[name]
    usual = "form" if parameter["in"] == "query" else "simple"
    return {"style": style or usual, "explode": each}


def _response(response: Schema, swagger: Schema, produces: Sequence[str] = ()) -> Schema:
    if "$ref" in response:
        return {"$ref": moved(response["$ref"])}
    converted = {"description": response["description"]}
    if "headers" in response:
        converted["headers"] = {
            name: {"description": header.get("description", "")}
            | {"schema": parameter_schema_of(header)}
            for name, header in response["headers"].items()
        }
    if "schema" in response:
        media = produces or swagger.get("produces", ("application/json",))
        converted["content"] = content_of(response, media)
    return converted


def _scheme(definition: Schema) -> Schema:
    about: Schema = {key: definition[key] for key in ("description",) if key in definition}
    match definition["type"]:
        case "basic":
            return {"type": "http", "scheme": "basic", **about}
        case "oauth2":
            return {"type": "oauth2", "flows": _flows(definition), **about}
        case _:
            return definition


def _flows(definition: Schema) -> Schema:
    names = {"application": "clientCredentials", "accessCode": "authorizationCode"}
    kept = ("authorizationUrl", "tokenUrl", "scopes")
    flow = {key: definition[key] for key in kept if key in definition}
    name: str = definition["flow"]
    return {names.get(name, name): flow}
