"""Bodies of Swagger 2.0 as OpenAPI's: of each media type, what is in it."""

from collections.abc import Sequence

from storage_api.api.openapi_schemas import Schema, parameter_schema_of, schema_of
from storage_api.api.problems import PROBLEM_TYPE

_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_PROBLEM = "#/definitions/Problem"


def request_body_of(parameters: Sequence[Schema], consumes: Sequence[str]) -> Schema | None:
    """The body that the ``body`` parameter, or those ``formData``, make; ``None`` without any."""
    for parameter in parameters:
        if parameter["in"] == "body":
            kept = ("description", "required")
            about: Schema = {key: parameter[key] for key in kept if key in parameter}
            media = [kind for kind in consumes if kind not in {_MULTIPART, _URLENCODED}]
            content = _same_in_each(media or [_JSON], parameter["schema"])
            return {**about, "content": content}
    return _form(parameters, consumes) if parameters else None


def content_of(response: Schema, produces: Sequence[str]) -> Schema:
    """What an answer holds: a problem document and nothing else, or anything but that."""
    schema, examples = response["schema"], response.get("examples", {})
    if schema.get("type") == "file":
        # Without a schema: any bytes.
        return {kind: {} for kind in produces if kind != PROBLEM_TYPE}
    is_problem = {"$ref": _PROBLEM} in (schema, *schema.get("allOf", ()))
    media = [kind for kind in produces if (kind == PROBLEM_TYPE) == is_problem]
    content = _same_in_each(media or produces, schema)
    for kind in content.keys() & examples.keys():
        content[kind]["example"] = examples[kind]
    return content


def _same_in_each(media: Sequence[str], schema: Schema) -> Schema:
    """An example of the whole stands beside the schema, which may be a mere reference then."""
    bare = {key: value for key, value in schema.items() if key != "example"}
    example = {"example": schema["example"]} if "example" in schema else {}
    if bare.keys() == {"allOf"} and len(bare["allOf"]) == 1:
        bare = bare["allOf"][0]
    return {kind: {"schema": schema_of(bare), **example} for kind in media}


def _form(fields: Sequence[Schema], consumes: Sequence[str]) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {
            field["name"]: parameter_schema_of(field)
            | {key: field[key] for key in ("description",) if key in field}
            for field in fields
        },
    }
    if required := [field["name"] for field in fields if field.get("required")]:
        schema["required"] = required
    forms = [kind for kind in consumes if kind in {_MULTIPART, _URLENCODED}]
    if any(field["type"] == "file" for field in fields):
        forms = [_MULTIPART]
    content = {kind: {"schema": schema} for kind in forms or [_URLENCODED]}
    return {"content": content, **({"required": True} if required else {})}
