"""Derives JSON Schema from the records: one source for Swagger and for validation.

Swagger 2.0 cannot say "or null" and needs named definitions; a validator needs the
null and no names. ``Dialect`` is the difference.
"""

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from typing import (
    Annotated,
    Any,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from flask_restx import SchemaModel

Schema = dict[str, Any]

#: Control characters break log lines, headers and the XML that S3 speaks.
PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*$"

_SCALARS: Mapping[Any, Schema] = {
    str: {"type": "string", "pattern": PLAIN_TEXT},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}
_MAX_MAP_TEXT = 256


class Dialect(Enum):
    SWAGGER = "swagger"
    VALIDATION = "validation"


@cache
def model_of(kind: type, record: type | None = None) -> SchemaModel:
    """The Swagger definition of a record or of a request's keys (described by ``record``)."""
    return SchemaModel(kind.__name__, object_schema(kind, record or kind, Dialect.SWAGGER))


def object_schema(kind: type, record: type, dialect: Dialect) -> Schema:
    """The schema of a dataclass or TypedDict; ``record`` describes its keys."""
    metadata = (
        {f.name: f.metadata for f in dataclasses.fields(record)} if _is_record(record) else {}
    )
    properties: Schema = {}
    required = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        plain, about = _split_annotation(hint)
        properties[name] = _property(plain, about or metadata.get(name, {}), dialect)
        if _is_required(kind, name):
            required.append(name)
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return schema


def type_schema(hint: Any, dialect: Dialect) -> Schema:
    """The schema of a type, without any documentation."""
    if get_origin(hint) in {Union, types.UnionType}:
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return _nullable(type_schema(inner, dialect), dialect)
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if get_origin(hint) is list:
        return {"type": "array", "items": type_schema(get_args(hint)[0], dialect)}
    if get_origin(hint) is dict:
        text = {"type": "string", "maxLength": _MAX_MAP_TEXT, "pattern": PLAIN_TEXT}
        keys = {"propertyNames": text} if dialect is Dialect.VALIDATION else {}
        return {"type": "object", "additionalProperties": text, **keys}
    if issubclass(hint, StrEnum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if dialect is Dialect.SWAGGER:
        return {"$ref": f"#/definitions/{hint.__name__}"}
    return object_schema(hint, hint, dialect)


def nested_types(hint: Any) -> set[type]:
    """All records that ``hint`` is made of, itself included."""
    if arguments := get_args(hint):
        return set().union(*(nested_types(argument) for argument in arguments))
    if not (_is_record(hint) or is_typeddict(hint)):
        return set()
    return {hint}.union(*(nested_types(part) for part in get_type_hints(hint).values()))


def _property(hint: Any, about: Mapping[str, Any], dialect: Dialect) -> Schema:
    schema = type_schema(hint, dialect)
    limits = about.get("limits", {})
    if dialect is Dialect.VALIDATION:
        return schema | {key: value for key, value in limits.items() if key != "format"}
    if schema.get("pattern") == PLAIN_TEXT:
        del schema["pattern"]  # true of every text, and only in the way of a reader
    documented = limits | {"description": about["description"]} if about else {}
    if about.get("example") is not None:
        documented["example"] = about["example"]
    if "$ref" in schema:
        # Swagger ignores everything beside a $ref.
        nullable = {"x-nullable": True} if schema.pop("x-nullable", False) else {}
        return {"allOf": [schema], **nullable, "description": about.get("description", "")}
    return schema | documented


def _nullable(schema: Schema, dialect: Dialect) -> Schema:
    if dialect is Dialect.SWAGGER:
        return schema | {"x-nullable": True}
    nullable = schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _split_annotation(hint: Any) -> tuple[Any, Mapping[str, Any]]:
    if get_origin(hint) is Required:
        return _split_annotation(get_args(hint)[0])
    if get_origin(hint) is Annotated:
        plain, about = get_args(hint)
        return plain, about
    return hint, {}


def _is_required(kind: type, name: str) -> bool:
    if is_typeddict(kind):
        return name in kind.__required_keys__  # type: ignore[attr-defined]  # is_typeddict narrows nothing
    field = next(f for f in dataclasses.fields(kind) if f.name == name)
    return field.default is field.default_factory is dataclasses.MISSING


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)
