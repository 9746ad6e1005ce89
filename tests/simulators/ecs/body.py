"""A request's body, held against the shape that the call expects.

A shape is a type for a value, a list of one shape for a list, and a mapping of the known names to
their shapes for an object. JSON must have those very types and no other names. XML has texts that
mean them; its other elements are passed over, as objectscale-client counts on.
"""

import json
from typing import Any

from tests.simulators.ecs import xml
from tests.simulators.ecs.errors import EcsError, bad_body

Shape = Any


class Flag:
    """In a shape: a boolean, also as the text ``true`` or ``false``."""


class Whole:
    """In a shape: an integer, also as a text."""


_BOOLEANS = {"true": True, "false": False}


def read(content: bytes, content_type: str, shape: Shape) -> dict[str, Any]:
    """The fields that are given and not null.

    Raises:
        EcsError: 1003, neither JSON nor XML; 1013, it does not have the shape.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/xml" or (not media and content.startswith(b"<")):
        return _from_xml(xml.parse(content), shape)
    # A body without a type is taken for JSON.
    if media not in {"application/json", ""} or not content:
        raise EcsError(1003, f"Media type {media or 'of no body'} is not supported")
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise bad_body("The body is not JSON") from None
    if not isinstance(document, dict):
        raise bad_body("Cannot deserialize the body: an object is expected")
    found: dict[str, Any] = _checked(document, shape, "")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _checked(value: Any, shape: Shape, where: str) -> Any:
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _mistyped(where)
        inners = {name: (inner, _known(shape, name)) for name, inner in value.items()}
        return {
            name: _checked(inner, known, name)
            for name, (inner, known) in inners.items()
            if inner is not None
        }
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _mistyped(where)
        return [_checked(item, shape[0], where) for item in value]
    if isinstance(value, str) and shape in {Flag, Whole}:
        return _from_text(value, shape, where)
    wanted = {Flag: bool, Whole: int}.get(shape, shape)
    if type(value) is not wanted:
        raise _mistyped(where)
    return value


def _known(shape: dict[str, Shape], name: str) -> Shape:
    if name not in shape:
        raise bad_body(f'Unrecognized field "{name}"')
    return shape[name]


def _mistyped(where: str) -> EcsError:
    return bad_body(f'Cannot deserialize the value of "{where}"')


def _from_xml(element: xml.Element, shape: dict[str, Shape]) -> dict[str, Any]:
    """An empty element is an empty text, or nothing at all where that cannot be."""
    found: dict[str, Any] = {}
    for child in element.children:
        inner = shape.get(child.name)
        if inner is None:
            continue
        if isinstance(inner, list):
            found.setdefault(child.name, []).extend(_items(child, inner[0]))
        elif isinstance(inner, dict):
            found[child.name] = _from_xml(child, inner)
        elif child.text.strip() or inner is str:
            found[child.name] = _from_text(child.text.strip(), inner, child.name)
    return found


def _items(element: xml.Element, shape: Shape) -> list[Any]:
    if isinstance(shape, dict):
        item = _from_xml(element, shape)
        return [item] if item else []
    return [_from_text(element.text.strip(), shape, element.name)] if element.text.strip() else []


def _from_text(text: str, shape: Shape, where: str) -> Any:
    if shape in {bool, Flag}:
        if text.lower() not in _BOOLEANS:
            raise _mistyped(where)
        return _BOOLEANS[text.lower()]
    if shape in {int, Whole}:
        try:
            return int(text)
        except ValueError:
            raise _mistyped(where) from None
    return text
