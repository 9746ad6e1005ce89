"""Schemas of Swagger 2.0 as those of OpenAPI 3.1, which are JSON Schema's own."""

from typing import Any

Schema = dict[str, Any]

_PLACES = {
    "#/definitions/": "#/components/schemas/",
    "#/responses/": "#/components/responses/",
}
#: What a parameter or header says of its value; in OpenAPI that is a schema of its own.
_VALUE_KEYS = frozenset(
    {
        *("type", "format", "items", "default", "enum", "multipleOf", "pattern", "x-nullable"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems"),
        *("minLength", "maxLength", "minItems", "maxItems", "example"),
    }
)
_BYTES: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}


def moved(reference: str) -> str:
    """Where what ``reference`` names stands in an OpenAPI document.

    Raises:
        ValueError: it names nothing inside the document.
    """
    for old, new in _PLACES.items():
        if reference.startswith(old):
            return new + reference.removeprefix(old)
    raise ValueError(f"a reference leads elsewhere: {reference}")


def parameter_schema_of(parameter: Schema) -> Schema:
    """The schema of the value of a parameter, a header, or a field of a form."""
    value = {key: value for key, value in parameter.items() if key in _VALUE_KEYS}
    if "items" in value:
        value["items"] = parameter_schema_of(value["items"])
    return schema_of(value)


def schema_of(schema: Schema) -> Schema:
    """``schema`` in the words of JSON Schema 2020-12."""
    if "$ref" in schema:
        # Swagger ignores everything beside it.
        return {"$ref": moved(schema["$ref"])}
    if schema.get("type") == "file":
        return dict(_BYTES)
    converted = {key: _part(key, value) for key, value in schema.items() if key != "x-nullable"}
    if "example" in converted:
        converted["examples"] = [converted.pop("example")]
    _exclude(converted, "minimum", "exclusiveMinimum")
    _exclude(converted, "maximum", "exclusiveMaximum")
    return _nullable(converted) if schema.get("x-nullable") else converted


def _part(key: str, value: Any) -> Any:
    match key:
        case "properties":
            return {name: schema_of(part) for name, part in value.items()}
        case "items":
            return schema_of(value)
        case "additionalProperties":
            return value if isinstance(value, bool) else schema_of(value)
        case "allOf":
            return [schema_of(part) for part in value]
        case "discriminator":
            return {"propertyName": value}
    return value


def _exclude(schema: Schema, limit: str, exclusive: str) -> None:
    """Swagger says beside a limit that it is not itself allowed; JSON Schema has two limits."""
    if schema.pop(exclusive, False):
        schema[exclusive] = schema.pop(limit)


def _nullable(schema: Schema) -> Schema:
    if "allOf" in schema:
        parts = schema.pop("allOf")
        value = parts[0] if len(parts) == 1 else {"allOf": parts}
        return {"anyOf": [value, {"type": "null"}], **schema}
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema
