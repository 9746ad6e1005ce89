"""``sapi backends`` and ``sapi capacity``."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import click
from rich.table import Table
from rich.text import Text

from storage_api_client import Client
from storage_api_client.cli import exits
from storage_api_client.cli.output import (
    UNKNOWN,
    Column,
    as_json,
    clean,
    console,
    emit_json,
    emit_list,
    show_names,
)
from storage_api_client.cli.params import completed, quick_client
from storage_api_client.cli.session import Command, client
from storage_api_client.cli.units import show_size
from storage_api_client.errors import ApiError, NotFound, NotSupported
from storage_api_client.records import Capacity

_WIDTH = 30
_AT_ONCE = 16
_BACKENDS = [
    Column("NAME", "name"),
    Column("STATE", "state"),
    Column("CLASS", "class"),
    Column("CAPABILITIES", "capabilities", show_names),
    Column("DETAIL", "detail"),
]


class Measured(NamedTuple):
    """What one back-end said; one of the two is there."""

    name: str
    capacity: Capacity | None
    error: ApiError | None

    @property
    def row(self) -> Mapping[str, Any]:
        error = None if self.error is None else {"code": self.error.code, "detail": str(self.error)}
        return {"backend": self.name, "capacity": self.capacity, "error": error}


_some = click.argument(
    "names",
    nargs=-1,
    metavar="[BACKEND]...",
    shell_complete=completed(lambda _: quick_client().backends()),
)


@click.command(cls=Command)
@_some
def backends(names: tuple[str, ...]) -> None:
    """Show the back-ends, their state and what they offer."""
    found = client()
    states = (found.backend(name).state() for name in names or found.backends())
    emit_list(states, _BACKENDS)


@click.command(cls=Command)
@_some
def capacity(names: tuple[str, ...]) -> None:
    """Show the space of all back-ends, or of those named.

    A back-end that is down is a line. The exit code is 6 if none answered.
    """
    found = client(retries=0)
    wanted = names or found.backends()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        measured = list(pool.map(lambda name: _measure(found, name), wanted))
    if as_json():
        emit_json([item.row for item in measured])
    else:
        _draw(measured)
    failed = [item for item in measured if item.error and not isinstance(item.error, NotSupported)]
    if measured and len(failed) == len(measured):
        raise click.exceptions.Exit(exits.UNAVAILABLE)


def _measure(found: Client, name: str) -> Measured:
    try:
        return Measured(name, found.backend(name).capacity(), None)
    except NotFound:
        # Its name is wrong, which is the caller's mistake.
        raise
    except ApiError as error:
        return Measured(name, None, error)


def _draw(measured: Iterable[Measured]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("BACK-END", "", "USED", "ALLOCATED", "FREE", "TOTAL", "OVERCOMMIT"):
        right = bool(title) and title != "BACK-END"
        table.add_column(title, justify="right" if right else "left", no_wrap=True)
    failed = []
    for name, found, error in measured:
        if found is None:
            failed.append((name, error))
            continue
        sizes = [found[key] for key in ("used_bytes", "allocated_bytes", "free_bytes")]
        over = found["overcommit"]
        table.add_row(
            Text(clean(name)),
            _bar(found),
            *map(show_size, [*sizes, found["total_bytes"]]),
            UNKNOWN if over is None else f"{over:.2f}",
        )
    screen = console()
    if table.row_count:
        screen.print(table)
    for name, error in failed:
        word = "tells no capacity" if isinstance(error, NotSupported) else "down"
        screen.print(Text(clean(f"{name}: {word}: {error}")))


def _bar(found: Capacity) -> Text:
    """Used, then what is promised beyond that, then free; a ``+`` where more is promised."""
    total, used, allocated = found["total_bytes"], found["used_bytes"], found["allocated_bytes"]
    if not total or used is None:
        return Text(UNKNOWN)
    full = _cells(used, total)
    promised = max(0, _cells(allocated or 0, total) - full)
    text = Text("█" * full + "▒" * promised + "░" * (_WIDTH - full - promised))
    text.append("+" if allocated is not None and allocated > total else " ")
    return text


def _cells(part: int, total: int) -> int:
    return min(_WIDTH, round(part / total * _WIDTH))
