"""``sapi backends`` and ``sapi capacity``."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import click
from rich.cells import cell_len
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
from storage_api_client.errors import ApiError, NotFound, NotSupported, Unavailable
from storage_api_client.records import Capacity

_WIDTH = 30
_NARROWEST = 8
#: Five of them, as wide as "1023.9 GiB", with the gaps and the bar's own sign.
_FIGURES = 57
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

    A back-end that is down is a line. If none answered, the exit code is theirs, or 6.
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
        codes = {exits.code_of(item.error) for item in failed if item.error}
        raise click.exceptions.Exit(codes.pop() if len(codes) == 1 else exits.UNAVAILABLE)


def _measure(found: Client, name: str) -> Measured:
    try:
        return Measured(name, found.backend(name).capacity(), None)
    except NotFound:
        # Its name is wrong, which is the caller's mistake.
        raise
    except ApiError as error:
        return Measured(name, None, error)


def _draw(measured: Sequence[Measured]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("BACK-END", "", "USED", "ALLOCATED", "FREE", "TOTAL", "OVERCOMMIT"):
        right = bool(title) and title != "BACK-END"
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    failed = []
    screen = console()
    width = _bar_width(screen.width, measured)
    for name, found, error in measured:
        if found is None:
            failed.append((name, error))
            continue
        sizes = [found[key] for key in ("used_bytes", "allocated_bytes", "free_bytes")]
        over = found["overcommit"]
        table.add_row(
            Text(clean(name)),
            _bar(found, width),
            *map(show_size, [*sizes, found["total_bytes"]]),
            UNKNOWN if over is None else f"{over:.2f}",
        )
    if table.row_count:
        screen.print(table)
    for name, error in failed:
        screen.print(Text(clean(f"{name}: {_word(error)}: {error}")))


def _word(error: ApiError | None) -> str:
    if isinstance(error, NotSupported):
        return "tells no capacity"
    return "down" if isinstance(error, Unavailable) else "not told"


def _bar_width(screen: int, measured: Iterable[Measured]) -> int:
    """What the figures leave, or nothing where that is too little."""
    names = max((cell_len(clean(item.name)) for item in measured), default=0)
    left = screen - max(names, len("BACK-END")) - _FIGURES
    return min(_WIDTH, left) if left >= _NARROWEST else 0


def _bar(found: Capacity, width: int) -> Text:
    """Used, then what is promised beyond that, then free; a ``+`` where more is promised."""
    total, used, allocated = found["total_bytes"], found["used_bytes"], found["allocated_bytes"]
    if not total or used is None:
        return Text(UNKNOWN)
    full = _cells(used, total, width)
    promised = max(0, _cells(allocated or 0, total, width) - full)
    text = Text("█" * full + "▒" * promised + "░" * (width - full - promised))
    text.append("+" if allocated is not None and allocated > total else " ")
    return text


def _cells(part: int, total: int, width: int) -> int:
    return min(width, round(part / total * width))
