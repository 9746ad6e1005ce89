"""The query string of a call: what steers the answer, and what filters records."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tests.simulators.ontap.errors import bad_value

_LARGEST_PAGE = 10_000
_LONGEST_WAIT = 120
_COLLECTION_WAIT = 15


@dataclass
class Params:
    fields: str | None = None
    order_by: str | None = None
    max_records: int = _LARGEST_PAGE
    #: None: not given; 15 s for a collection then, 0 s for a write ([D]).
    return_timeout: int | None = None
    #: None: not given; true for a GET then, false for a write.
    return_records: bool | None = None
    ignore_unknown: bool = False
    start: dict[str, str] = field(default_factory=dict)
    filters: list[tuple[str, str]] = field(default_factory=list)

    @property
    def page_seconds(self) -> int:
        return _COLLECTION_WAIT if self.return_timeout is None else self.return_timeout

    def option(self, name: str) -> str | None:
        """A parameter that one operation alone knows; it is no filter then."""
        found = [value for key, value in self.filters if key == name]
        self.filters = [(key, value) for key, value in self.filters if key != name]
        return found[-1] if found else None

    def flag(self, name: str) -> bool:
        value = self.option(name)
        return value is not None and boolean(name, value)


def parse(query: str) -> Params:
    params = Params()
    for key, value in parse_qsl(query, keep_blank_values=True):
        match key:
            case "fields":
                params.fields = value
            case "order_by":
                params.order_by = value
            case "max_records":
                params.max_records = _integer(key, value, 1, None)
            case "return_timeout":
                params.return_timeout = _integer(key, value, 0, _LONGEST_WAIT)
            case "return_records":
                params.return_records = boolean(key, value)
            case "ignore_unknown_fields":
                params.ignore_unknown = boolean(key, value)
            case _ if key.startswith("start."):
                params.start[key.removeprefix("start.")] = value
            case _:
                params.filters.append((key, value))
    return params


def boolean(name: str, value: object) -> bool:
    """From JSON's true or from the text, which clients also send."""
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise bad_value(name, value)
    return text == "true"


def _integer(name: str, value: str, least: int, most: int | None) -> int:
    try:
        number = int(value)
    except ValueError:
        raise bad_value(name, value) from None
    if number < least or (most is not None and number > most):
        raise bad_value(name, value)
    return number
