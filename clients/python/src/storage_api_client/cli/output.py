"""Tables for people, JSON for programs; never what a terminal would take for a command."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from storage_api_client.cli.units import show_size

UNKNOWN = "-"
#: Wide enough that nothing is cut where no terminal sets a limit.
_PIPE_WIDTH = 4000


class Column(NamedTuple):
    """``path`` leads into records within records, by dots."""

    title: str
    path: str
    show: Callable[[Any], str] = str


def as_json() -> bool:
    """Whether this call of ``sapi`` answers in JSON."""
    return bool(click.get_current_context().find_root().meta.get("json"))


def console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def clean(text: str) -> str:
    """``text`` without control characters: names come from elsewhere."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def say(text: str) -> None:
    """A line for people, beside the result."""
    click.echo(clean(text), err=True)


def emit_json(value: object, *, stderr: bool = False) -> None:
    click.echo(json.dumps(value, indent=2), err=stderr)


def emit_list(records: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    found = list(records)
    if as_json():
        emit_json(found)
        return
    titles = [column.title for column in columns]
    rights = [column.show in {show_size, show_count, show_limit} for column in columns]
    rows = [[_cell(record, column) for column in columns] for record in found]
    screen = console()
    if not screen.is_terminal:
        _write_lines([titles, *rows], rights)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, right in zip(titles, rights, strict=True):
        # Folded, for a name that is cut would be another one.
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    screen.print(table)


def _write_lines(rows: Sequence[Sequence[str]], rights: Sequence[bool]) -> None:
    """One line for each record, however long: rich would fold it, and takes its time."""
    widths = [max(map(cell_len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, rights, strict=True)
        padded = (_padded(cell, width, right=right) for cell, width, right in cells)
        click.echo(" ".join(padded).rstrip())


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


def _cell(record: Mapping[str, Any], column: Column) -> str:
    value: Any = record
    for key in column.path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return UNKNOWN if value is None else clean(column.show(value))


def emit_record(record: Mapping[str, Any] | None) -> None:
    """All of one record, line by line."""
    if as_json():
        emit_json(record)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in _flat(record or {}):
        table.add_row(Text(clean(key)), Text(_plain(key, value)))
    console().print(table)


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _plain(key: str, value: Any) -> str:
    if value is None:
        return "unlimited" if is_limit(key) else UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and is_size(key):
        return f"{show_size(value)} ({value})"
    if isinstance(value, list):
        return clean(", ".join(map(str, value))) or "none"
    return clean(str(value))


def is_size(key: str) -> bool:
    last = key.rpartition(".")[2]
    return last.endswith("_bytes") or last in {
        "default_bucket_size",
        "max_autosize",
        "size_total",
        "size_used",
        "storage_limit",
    }


def is_limit(key: str) -> bool:
    """Of a quota ``None`` is no limit, not something unknown."""
    holder, _, last = key.rpartition(".")
    return last in {"max_bytes", "max_objects", "soft_bytes", "soft_objects"} and (
        not holder or "quota" in holder
    )


def show_count(value: int) -> str:
    return f"{value:,}"


def show_limit(value: int) -> str:
    return show_size(value)


def show_flag(value: bool) -> str:  # noqa: FBT001  # a column's formatter
    return "yes" if value else "no"


def show_names(value: Sequence[str]) -> str:
    return ", ".join(value)
