"""Reads a request's JSON body: size, content type, syntax, schema, then typed values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

import orjson
from flask import request
from jsonschema import Draft7Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from werkzeug.exceptions import UnsupportedMediaType

from storage_api.api.schemas import PLAIN_TEXT, Dialect, object_schema
from storage_api.domain import names
from storage_api.domain.errors import Invalid

MAX_BODY_BYTES = 1024 * 1024

#: Names that a body may hold, checked as those in paths are.
_NAMES = {
    "active_policy_name": names.POLICY,
    "from_snapshot": names.SNAPSHOT,
    "from_volume": names.VOLUME,
    "owner": names.USER,
    "parent": names.NAMESPACE,
    "uid": names.USER,
}
_SHOWN = 128


def _pattern(_validator: object, pattern: str, value: object, _schema: object) -> Any:
    """The whole text must match: ``$`` alone lets a line end follow, which splits headers."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError("does not match")


# JSON Schema counts 1.0 as an integer; a size of 1.0 bytes would travel on as a float.
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    validators={"pattern": _pattern},
    type_checker=Draft7Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


class Body:
    """What one operation takes.

    ``keys`` is a TypedDict or dataclass, ``record`` the record that describes its
    keys. ``lenient`` bodies (v3) may carry unknown keys, which are ignored; in all
    others they are refused. ``free`` bodies are any JSON object. ``example`` is what
    Swagger UI offers to try: a request that works, rather than one with every key.
    """

    def __init__(
        self,
        keys: type,
        record: type | None = None,
        *,
        lenient: bool = False,
        free: bool = False,
        example: Mapping[str, Any] | None = None,
    ) -> None:
        self.keys = keys
        self.record = record or keys
        self.lenient = lenient
        self.free = free
        self.example = example

    @cached_property
    def _validator(self) -> Any:
        schema = object_schema(self.keys, self.record, Dialect.VALIDATION)
        return _Validator(schema | {"additionalProperties": self.lenient})

    @cached_property
    def _fixed(self) -> set[str]:
        """What the record has and a change cannot reach."""
        if self.lenient or not is_dataclass(self.record):
            return set()
        return {field.name for field in fields(self.record)} - get_type_hints(self.keys).keys()

    def read(self) -> Any:
        """The request's body: a dict of typed values, or the dataclass.

        Raises:
            Invalid: it is no JSON, or not what the operation takes.
            UnsupportedMediaType, RequestEntityTooLarge
        """
        if request.method == "PUT" and not request.get_data():
            # An empty document would be a valid one that removes everything.
            raise Invalid("A body is needed: PUT replaces the whole.")
        data = _json()
        if not isinstance(data, dict):
            raise Invalid("The body must be a JSON object.")
        if self.free:
            return data
        if request.method == "PATCH" and (fixed := sorted(self._fixed & data.keys())):
            raise Invalid(f"{', '.join(fixed)} cannot be changed by this request.")
        if error := best_match(self._validator.iter_errors(data)):
            raise Invalid(_explain(error))
        typed = _typed(self.keys, data)
        if isinstance(typed, dict):
            for key in typed.keys() & _NAMES.keys():
                _NAMES[key].check(typed[key])
        return typed


class _NoKeys(TypedDict):
    pass


#: For operations that take nothing: what a caller sends all the same is not ignored.
NO_BODY = Body(_NoKeys)


def _json() -> Any:
    text = request.get_data(cache=True)
    if not text:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("The body must be sent as application/json.")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The body is no valid JSON: {error.msg} at character {error.pos}.") from None


def _typed(hint: Any, value: Any) -> Any:
    """Gives nested objects and enumerations their types; unknown keys are gone afterwards."""
    if value is None:
        return None
    if get_origin(hint) is list:
        return [_typed(get_args(hint)[0], item) for item in value]
    if get_origin(hint) is dict:
        return value
    if arguments := get_args(hint):
        return _typed(arguments[0], value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    if not isinstance(value, dict):
        return value
    known = get_type_hints(hint)
    typed = {key: _typed(known[key], item) for key, item in value.items() if key in known}
    return hint(**typed) if not is_typeddict(hint) else typed


def _explain(error: ValidationError) -> str:
    """One sentence that names the key, and never repeats the value."""
    where = ".".join(str(part) for part in error.absolute_path)
    subject = f"{where[:_SHOWN]!r}" if where else "The body"
    reason: Callable[[ValidationError], str] = _REASONS.get(str(error.validator), _unmet)
    return f"{subject} {reason(error)}."


def _unmet(error: ValidationError) -> str:
    return f"must satisfy {error.validator} {str(error.validator_value)[:200]}"


def _type_reason(error: ValidationError) -> str:
    wanted = error.validator_value
    return f"must be {' or '.join(wanted) if isinstance(wanted, list) else wanted}"


def _unknown_reason(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    instance = error.instance if isinstance(error.instance, Mapping) else {}
    known = schema.get("properties", {})
    unknown = [str(key)[:64] for key in instance if key not in known]
    names = ", ".join(sorted(unknown)[:10])
    return f"has unknown keys: {names} (known: {', '.join(known) or 'none'})"


def _missing_reason(error: ValidationError) -> str:
    wanted = error.validator_value if isinstance(error.validator_value, list) else []
    instance = error.instance if isinstance(error.instance, Mapping) else {}
    return f"lacks {', '.join(repr(key) for key in wanted if key not in instance)}"


_REASONS: Mapping[str, Callable[[ValidationError], str]] = {
    "type": _type_reason,
    "additionalProperties": _unknown_reason,
    "required": _missing_reason,
    "minimum": lambda error: f"must be at least {error.validator_value}",
    "maximum": lambda error: f"must be at most {error.validator_value}",
    "minLength": lambda error: f"must have at least {error.validator_value} characters",
    "maxLength": lambda error: f"must have at most {error.validator_value} characters",
    "minItems": lambda error: f"must have at least {error.validator_value} entries",
    "maxItems": lambda error: f"must have at most {error.validator_value} entries",
    "maxProperties": lambda error: f"must have at most {error.validator_value} keys",
    "pattern": lambda error: (
        "must not contain control characters"
        if error.validator_value == PLAIN_TEXT
        else f"must match {error.validator_value}"
    ),
    "enum": lambda error: f"must be one of {error.validator_value}",
}
