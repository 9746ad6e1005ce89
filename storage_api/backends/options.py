"""Turns the texts of ``SAPI_BACKENDS`` into a back-end's typed options.

A back-end's options are a dataclass. Its field types say how a text is read:
``str``, ``Secret``, ``int``, ``float``, ``bool`` (true/false) and ``Path``, each
also with ``| None``. A field without a default is required. ``bounded`` limits a
number. Any option ``x`` may be given as ``x_file``, the path of a file that holds
the value. Errors name options, never values: any value may be a secret, also one that stands
where an option's name should.
"""

import dataclasses
import ssl
import types
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from storage_api.domain.secrets import Secret

T = TypeVar("T")

_FILE_SUFFIX = "_file"
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class OptionError(ValueError):
    """Everything that is wrong with a back-end's options, in one text."""


def bounded(default: Any, *, minimum: float, maximum: float) -> Any:
    """A number option that must lie between ``minimum`` and ``maximum``."""
    return dataclasses.field(default=default, metadata={"minimum": minimum, "maximum": maximum})


def check_ca_file(path: Path | None) -> None:
    """Raise ``ValueError`` for what would fail every single call later, and blame the vendor."""
    try:
        if path is not None:
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        raise ValueError("option 'ca_file' must be a readable file of PEM certificates") from None


def parse_options(options: type[T], raw: Mapping[str, Secret]) -> T:
    """Build ``options``; raises ``OptionError`` that lists every mistake at once."""
    fields = {field.name: field for field in dataclasses.fields(options)}  # type: ignore[arg-type]
    hints = get_type_hints(options)
    mistakes: list[str] = []
    given = _resolve_files(raw, fields, mistakes)
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            try:
                values[name] = _read(hints[name], given[name], field.metadata)
            except ValueError as error:
                mistakes.append(f"option {name!r} {error}")
        elif field.default is field.default_factory is dataclasses.MISSING:
            mistakes.append(f"missing option {name!r}")
    if not mistakes:
        try:
            return options(**values)
        except ValueError as error:
            mistakes.append(str(error))
    raise OptionError("; ".join(mistakes))


def _resolve_files(
    raw: Mapping[str, Secret], known: Collection[str], mistakes: list[str]
) -> dict[str, Secret]:
    """The options by their own names, with the content of files in place of their paths."""
    given: dict[str, Secret] = {}
    for number, (name, value) in enumerate(raw.items(), start=1):
        target = name if name in known else name.removesuffix(_FILE_SUFFIX)
        if target not in known:
            # Not by its name: where a part was forgotten, a secret stands in that place.
            mistakes.append(
                f"option number {number} is unknown (known: {', '.join(known) or 'none'})"
            )
        elif target in given:
            mistakes.append(f"option {target!r} is given twice")
        else:
            try:
                given[target] = value if target == name else _file_content(value)
            except (OSError, ValueError):
                raise OptionError(f"the file of option {name!r} cannot be read") from None
    return given


def _file_content(path: Secret) -> Secret:
    """The file's text without the line end that editors and ``echo`` add."""
    text = Path(path.reveal()).read_text(encoding="utf-8")
    return Secret(text.removesuffix("\n").removesuffix("\r"))


def _read(hint: Any, value: Secret, limits: Mapping[str, float]) -> Any:
    kind = _without_none(hint)
    if kind is Secret:
        return value
    text = value.reveal()
    read = _READERS[kind](text)
    if limits and not limits["minimum"] <= read <= limits["maximum"]:
        raise ValueError(f"must lie between {limits['minimum']:g} and {limits['maximum']:g}")
    return read


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        return next(arg for arg in get_args(hint) if arg is not type(None))
    return hint


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _number(kind: Callable[[str], Any], words: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            # The text itself may be a secret that slipped one place, so it is not repeated.
            raise ValueError(f"must be {words}") from None

    return read


_READERS: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    int: _number(int, "a whole number"),
    float: _number(float, "a number"),
    bool: _boolean,
    Path: Path,
}
