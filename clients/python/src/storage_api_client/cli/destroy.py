"""Before anything goes: what would, and whether that is meant."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import click

from storage_api_client.cli import exits
from storage_api_client.cli.output import as_json, clean, emit_json, say
from storage_api_client.cli.session import Decorated
from storage_api_client.errors import ApiError, Forbidden, NotSupported, Unavailable

#: More are counted, not listed; JSON has them all.
MOST_LINES = 50


class Part(NamedTuple):
    """Things of one kind that would go; ``names`` is ``None`` where that cannot be learned."""

    kind: str
    names: list[str] | None
    why_unknown: str | None = None


class Refused(click.ClickException):
    """Whoever was asked said no."""

    exit_code = exits.ERROR


def destructive(function: Decorated) -> Decorated:
    """The options of every verb that destroys."""
    dry = click.option("--dry-run", is_flag=True, help="Only show what would go.")
    yes = click.option("--yes", is_flag=True, help="Do not ask, and do not look first.")
    return dry(yes(function))


def agreed(sentence: str, look: Callable[[], Iterable[Part]], *, dry_run: bool, yes: bool) -> bool:
    """Show what would go, and ask; ``False`` after a dry run.

    Raises:
        ApiError: the thing itself is not there, or cannot be read.
        Refused: the answer was no.
        click.UsageError: there is nobody to ask.
    """
    if yes and not dry_run:
        return True
    if not dry_run and not os.isatty(0):
        raise click.UsageError("there is nobody to ask here; give --yes, or --dry-run first")
    parts = list(look())
    if dry_run and as_json():
        emit_json({"dry_run": True, "would": sentence, "parts": _told(parts)})
        return False
    show: Callable[[str], object] = (lambda line: click.echo(clean(line))) if dry_run else say
    show(f"This would {sentence}:" if parts else f"This would {sentence}.")
    for part in parts:
        for line in _lines(part):
            show(line)
    if dry_run:
        return False
    if not click.confirm("Go on?", err=True):
        raise Refused("nothing was changed")
    return True


def part(kind: str, names: Callable[[], Iterable[str]]) -> Part:
    """What lies inside; that it cannot be learned is said, and hinders nothing."""
    try:
        return Part(kind, list(names()))
    except (Forbidden, NotSupported, Unavailable) as error:
        return Part(kind, None, error.detail)


def supported(kind: str, names: Callable[[], Iterable[str]]) -> Iterable[Part]:
    """The same, but nothing where the back-end has no such family."""
    try:
        return [Part(kind, list(names()))]
    except NotSupported:
        return []
    except ApiError as error:
        return [Part(kind, None, error.detail)]


def _told(parts: Iterable[Part]) -> list[Mapping[str, Any]]:
    return [item._asdict() for item in parts]


def _lines(found: Part) -> Iterable[str]:
    if found.names is None:
        yield f"  {found.kind}: unknown ({found.why_unknown})"
        return
    if not found.names:
        yield f"  {found.kind}: none"
        return
    yield f"  {found.kind} ({len(found.names)}):"
    for name in found.names[:MOST_LINES]:
        yield f"    {name}"
    if len(found.names) > MOST_LINES:
        yield f"    and {len(found.names) - MOST_LINES} more"
