"""Reads the CSCS document's query. Its errors have the forms that its clients know.

Those forms are FastAPI's, but for ``storage_system``, whose own one the interface's
publisher documented.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from storage_api.backends.orders import ResourceFilter

STATES = ("Creating", "Erred", "OK", "Terminated", "Terminating", "Updating")
STATUSES = ("pending", "active", "removing", "removed", "error", "updating", "unknown")
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 100, 500
_BOOLEANS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}
#: What a whole number may look like: blanks around it, a sign, single underscores, ".0".
_INTEGER = re.compile(r"\s*([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?\s*", re.ASCII)
#: In digits. Python writes at most 4300, and the offset of a page is up to three longer.
_LONGEST_INTEGER = 4296

Problem = dict[str, Any]


@dataclass(frozen=True)
class ResourceQuery:
    """A question as asked; ``data_type`` is in lower case."""

    wanted: ResourceFilter
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    debug: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """What of it applies, as ``filters_applied`` repeats it."""
        wanted = self.wanted
        told = {
            "storage_system": wanted.storage_system,
            "state": wanted.state,
            "page": self.page,
            "page_size": self.page_size,
            "data_type": wanted.data_type,
            "status": wanted.status,
        }
        return {name: value for name, value in told.items() if value is not None}


def read_query(
    given: Mapping[str, str], systems: Collection[str]
) -> tuple[ResourceQuery, list[Problem]]:
    """The query, and everything that is wrong with it. Unknown parameters are ignored."""
    problems: list[Problem] = []
    query = ResourceQuery(
        ResourceFilter(
            storage_system=_system(given, systems, problems),
            state=_one_of("state", STATES, given, problems),
            data_type=given.get("data_type", "").strip().lower() or None,
            status=None,
        ),
        page=_integer("page", given, problems, default=1),
        page_size=_integer(
            "page_size", given, problems, default=DEFAULT_PAGE_SIZE, largest=MAX_PAGE_SIZE
        ),
    )
    status = _one_of("status", STATUSES, given, problems)
    debug = _boolean("debug", given, problems)
    return replace(query, wanted=replace(query.wanted, status=status), debug=debug), problems


def _system(
    given: Mapping[str, str], systems: Collection[str], problems: list[Problem]
) -> str | None:
    text = given.get("storage_system")
    if text is None or text in systems:
        return text
    if text.strip():
        message = f"Invalid storage_system value {text!r}. Must be one of the allowed values."
        advice = f"Use {_choice([f'?storage_system={name}' for name in systems])}"
    else:
        message = (
            "storage_system cannot be empty. Please specify one of the allowed storage systems "
            "or omit the parameter."
        )
        first = next(iter(systems))
        advice = f"Use ?storage_system={first} (not just ?storage_system=) or omit parameter"
    context = {"allowed_values": list(systems), "help": advice}
    problems.append(_problem("enum_validation", "storage_system", message, text, context))
    return None


def _choice(options: list[str]) -> str:
    if len(options) == 1:
        return options[0]
    return f"one of: {', '.join(options[:-1])}, or {options[-1]}"


def _one_of(
    name: str, values: Collection[str], given: Mapping[str, str], problems: list[Problem]
) -> str | None:
    text = given.get(name)
    if text is None or text in values:
        return text
    quoted = [f"'{value}'" for value in values]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    message = f"Input should be {expected}"
    problems.append(_problem("enum", name, message, text, {"expected": expected}))
    return None


def _integer(
    name: str,
    given: Mapping[str, str],
    problems: list[Problem],
    *,
    default: int,
    largest: int | None = None,
) -> int:
    text = given.get(name)
    if text is None:
        return default
    found = _INTEGER.fullmatch(text)
    message = "Input should be a valid integer, unable to parse string as an integer"
    if found is None:
        problems.append(_problem("int_parsing", name, message, text))
        return default
    if len(found[1]) > _LONGEST_INTEGER:
        message = "Unable to parse input string as an integer, exceeded maximum size"
        problems.append(_problem("int_parsing_size", name, message, text))
        return default
    value = int(found[1])
    if value < 1:
        message = "Input should be greater than or equal to 1"
        problems.append(_problem("greater_than_equal", name, message, text, {"ge": 1}))
    elif largest is not None and value > largest:
        message = f"Input should be less than or equal to {largest}"
        problems.append(_problem("less_than_equal", name, message, text, {"le": largest}))
    else:
        return value
    return default


def _boolean(name: str, given: Mapping[str, str], problems: list[Problem]) -> bool:
    text = given.get(name)
    if text is None:
        return False
    found = _BOOLEANS.get(text.lower())
    if found is None:
        message = "Input should be a valid boolean, unable to interpret input"
        problems.append(_problem("bool_parsing", name, message, text))
    return bool(found)


def _problem(
    kind: str, name: str, message: str, given: str, context: Mapping[str, Any] | None = None
) -> Problem:
    problem = {"type": kind, "loc": ["query", name], "msg": message, "input": given}
    return problem | {"ctx": context} if context else problem
