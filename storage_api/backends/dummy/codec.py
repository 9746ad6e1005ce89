"""Records to JSON and back, by their type hints."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import orjson

#: Turns a JSON value into the typed one; ``None`` where they are the same.
Reader = Callable[[Any], Any] | None


def encode(record: object) -> str:
    """A record, or a plain JSON object, as JSON text.

    What is null in a record is left out, which halves the text and the time to read it: every
    field that may be null is null by default.
    """
    if isinstance(record, Mapping):
        return orjson.dumps(dict(record)).decode()
    told = {name: value for name, value in vars(record).items() if value is not None}
    return orjson.dumps(told).decode()


def decode(kind: type, text: str) -> Any:
    """Read back what ``encode`` wrote.

    Raises:
        ValueError, TypeError: the text is no such record.
    """
    data = orjson.loads(text)
    if not isinstance(data, dict):
        raise TypeError("not a JSON object")
    read = reader(kind)
    return read(data) if read else data


@cache
def reader(hint: Any) -> Reader:
    """What has to be done to a JSON value to make it a ``hint``."""
    if get_origin(hint) is list:
        return _list_reader(reader(get_args(hint)[0]))
    if get_origin(hint) is dict:
        return None
    if arguments := [kind for kind in get_args(hint) if kind is not type(None)]:
        return reader(arguments[0])
    if hint is datetime:
        return datetime.fromisoformat
    if dataclasses.is_dataclass(hint):
        return _record_reader(hint)
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else None


def _list_reader(read: Reader) -> Reader:
    return (lambda values: [read(value) for value in values]) if read else None


def _record_reader(kind: Any) -> Reader:
    readers = {name: reader(hint) for name, hint in get_type_hints(kind).items()}
    typed = [(name, read) for name, read in readers.items() if read]

    def read_record(data: dict[str, Any]) -> Any:
        for name, read in typed:
            if (value := data.get(name)) is not None:
                data[name] = read(value)
        return kind(**data)

    return read_record
