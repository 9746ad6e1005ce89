"""Writes ``records.py`` and ``texts.json`` out of a service's ``swagger.json``.

Usage: ``python generate.py swagger.json src/storage_api_client``; the service must have a
back-end of every class. A test compares the files with what the service of this checkout says.
"""

import json
import keyword
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

_HEAD = '''"""What the API takes and answers, as typed dictionaries.

Made by ``generate.py`` from the service's ``swagger.json``; do not edit. A key of an answer is
always there, and ``None`` means unknown (in limits: unlimited). A key of a request may be left
out where it is ``NotRequired``. Sizes are bytes.
"""
'''
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_NAMES = ("Any", "Literal", "NotRequired", "TypedDict")
_REF = "#/definitions/"
_PAGING = {"limit", "marker"}


def records(document: Schema) -> str:
    """The module's text."""
    definitions: Mapping[str, Schema] = document["definitions"]
    taken = _taken(document)
    classes = []
    for name in _in_order(definitions):
        required = set(definitions[name].get("required", ())) if name in taken else None
        classes.append(_typed_dict(name, definitions[name].get("properties", {}), required))
    for name, properties in sorted(_filters(document).items()):
        classes.append(_typed_dict(name, properties, set()))
    text = "\n\n".join(classes)
    used = [name for name in _NAMES if re.search(rf"\b{name}\b", text)]
    return f"{_HEAD}\nfrom typing import {', '.join(used)}\n\n\n{text}"


def texts(document: Schema) -> str:
    """What each key of a request means, as JSON."""
    found = {
        name: {
            key: schema["description"]
            for key, schema in document["definitions"][name].get("properties", {}).items()
            if "description" in schema
        }
        for name in sorted(_taken(document))
    }
    return json.dumps(found, indent=2) + "\n"


def _in_order(definitions: Mapping[str, Schema]) -> list[str]:
    """Each after those that it refers to."""
    order: list[str] = []

    def visit(name: str) -> None:
        for other in sorted(set(_references(definitions[name])) - set(order)):
            visit(other)
        if name not in order:
            order.append(name)

    for name in sorted(definitions):
        visit(name)
    return order


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, operation


def _taken(document: Schema) -> set[str]:
    """The definitions that requests consist of; all others are answers only."""
    found: set[str] = set()
    waiting = [
        name
        for _, operation in _operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "body"
        for name in _references(parameter["schema"])
    ]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(document["definitions"][name])
    return found


def _references(schema: Any) -> list[str]:
    if isinstance(schema, Mapping):
        own = schema.get("$ref")
        found = [own.removeprefix(_REF)] if isinstance(own, str) else []
        return found + [name for value in schema.values() for name in _references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in _references(value)]
    return []


def _filters(document: Schema) -> dict[str, dict[str, Schema]]:
    """What lists of records are filtered by; what several back-ends offer is merged.

    A list with a word of Python's among its parameters gets a method of its own instead.
    """
    found: dict[str, dict[str, Schema]] = {}
    for _, operation in _operations(document):
        asked = [item for item in operation.get("parameters", ()) if item["in"] == "query"]
        query = {item["name"]: item for item in asked}
        if query.keys() >= _PAGING and not any(map(keyword.iskeyword, query)):
            record = _references(operation["responses"]["200"])[0]
            own = {name: item for name, item in query.items() if name not in _PAGING}
            found.setdefault(f"{record}Filters", {}).update(own)
    return {name: properties for name, properties in found.items() if properties}


def _typed_dict(name: str, properties: Mapping[str, Schema], required: set[str] | None) -> str:
    types = {
        key: _type(schema) if required is None or key in required else _optional(schema)
        for key, schema in properties.items()
    }
    if any(keyword.iskeyword(key) for key in types):
        rows = "".join(f'        "{key}": {kind},\n' for key, kind in types.items())
        return f'{name} = TypedDict(\n    "{name}",\n    {{\n{rows}    }},\n)\n'
    rows = "".join(f"    {key}: {kind}\n" for key, kind in types.items())
    return f"class {name}(TypedDict):\n{rows}"


def _optional(schema: Schema) -> str:
    return f"NotRequired[{_type(schema)}]"


def _type(schema: Schema) -> str:
    found = _plain_type(schema)
    return f"{found} | None" if schema.get("x-nullable") else found


def _plain_type(schema: Schema) -> str:
    if references := [*schema.get("allOf", ()), *([schema] if "$ref" in schema else [])]:
        return str(references[0]["$ref"]).removeprefix(_REF)
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    if schema["type"] == "array":
        return f"list[{_type(schema['items'])}]"
    if schema["type"] == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {_type(values) if isinstance(values, Mapping) else 'Any'}]"
    return _TYPES[schema["type"]]


MODULES = {"records.py": records, "texts.json": texts}

if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for file, made in MODULES.items():
        (Path(sys.argv[2]) / file).write_text(made(read), encoding="utf-8")
