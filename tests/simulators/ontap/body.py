"""The JSON body of a write: nested objects and dotted keys are the same thing."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.simulators.ontap import params, query
from tests.simulators.ontap.errors import OntapError, bad_value, not_settable
from tests.simulators.ontap.fields import Schema, Version


class Body:
    """Values by dotted path; each may be taken once, and what nobody takes is an error."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = dict(_flat(values))

    @classmethod
    def parse(cls, raw: bytes) -> "Body":
        try:
            document = orjson.loads(raw) if raw.strip() else {}
        except orjson.JSONDecodeError:
            raise OntapError(2, "Invalid JSON input.") from None
        if not isinstance(document, dict):
            raise OntapError(2, "Invalid JSON input: an object is needed.")
        return cls(document)

    def __contains__(self, path: str) -> bool:
        return path in self._values

    def take(self, path: str) -> Any:
        return self._values.pop(path, None)

    def text(self, path: str) -> str | None:
        value = self.take(path)
        if value is not None and not isinstance(value, str):
            raise bad_value(path, value)
        return value

    def boolean(self, path: str) -> bool | None:
        value = self.take(path)
        return None if value is None else params.boolean(path, value)

    def integer(self, path: str) -> int | None:
        value = self.take(path)
        if value is None:
            return None
        if isinstance(value, bool) or not query.is_integer(str(value).removeprefix("-")):
            raise bad_value(path, value)
        return int(value)

    def size(self, path: str) -> int | None:
        """Bytes, or text with a unit."""
        value = self.take(path)
        if value is None:
            return None
        found = query.size(str(value)) if isinstance(value, int | str) else None
        if found is None or isinstance(value, bool) or found < 0:
            raise bad_value(path, value)
        return found

    def texts(self, path: str) -> list[str] | None:
        value = self.take(path)
        if value is None:
            return None
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(member, str) for member in values):
            raise bad_value(path, value)
        return values

    def members(self, path: str, key: str) -> list[str] | None:
        """``[{key: v}, …]`` at ``path``, or ``v`` or ``[v, …]`` at ``path.key``."""
        value = self.take(path)
        if value is None:
            return self.texts(f"{path}.{key}")
        members = value if isinstance(value, list) else [value]
        found = [member.get(key) if isinstance(member, dict) else member for member in members]
        names = [name for name in found if isinstance(name, str)]
        if len(names) < len(found):
            raise bad_value(path, value)
        return names

    def objects(self, path: str) -> "list[Body] | None":
        value = self.take(path)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
            raise bad_value(path, value)
        return [Body(member) for member in value]

    def finish(self, schema: Schema, version: Version) -> None:
        """Raises: OntapError: something is left that this operation does not take."""
        for path in self._values:
            if schema.knows(path, version):
                raise not_settable(path)
            raise bad_value(path, self._values[path])


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
