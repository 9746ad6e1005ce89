"""``sapi snapshots``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive
from storage_api_client.cli.done import done
from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import backend_argument, body_of, body_options, name_argument
from storage_api_client.cli.session import Group, at
from storage_api_client.cli.units import show_size
from storage_api_client.records import SnapshotPost

_COLUMNS = [
    Column("NAME", "name"),
    Column("SIZE", "size_kbytes", lambda value: show_size(value * 1024)),
    Column("CREATED", "creation_time"),
]


@click.group(cls=Group)
def snapshots() -> None:
    """Snapshots of a volume."""


@snapshots.command("list")
@backend_argument
@name_argument("volumes", "volume")
def list_snapshots(backend: str, volume: str) -> None:
    """List a volume's snapshots."""
    emit_list(at(backend).snapshots(volume).list(), _COLUMNS)


@snapshots.command("show")
@backend_argument
@name_argument("volumes", "volume")
@click.argument("name")
def show_snapshot(backend: str, volume: str, name: str) -> None:
    """Show one snapshot."""
    emit_record(at(backend).snapshots(volume).get(name))


@snapshots.command("create")
@backend_argument
@name_argument("volumes", "volume")
@click.argument("name")
@body_options(SnapshotPost)
def create_snapshot(backend: str, volume: str, name: str, **values: Any) -> None:
    """Take a snapshot."""
    emit_record(at(backend).snapshots(volume).create(name, **body_of(values)))


@snapshots.command("delete")
@backend_argument
@name_argument("volumes", "volume")
@click.argument("name")
@destructive
def delete_snapshot(backend: str, volume: str, name: str, *, dry_run: bool, yes: bool) -> None:
    """Delete a snapshot."""
    found = at(backend).snapshots(volume)

    def look() -> Iterable[Part]:
        yield Part("snapshot", [f"{name}, of {found.get(name)['creation_time']}"])

    if agreed(f"delete a snapshot of {volume}", look, dry_run=dry_run, yes=yes):
        found.delete(name)
        done("deleted", "snapshot", name)
