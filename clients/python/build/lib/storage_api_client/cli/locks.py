"""``sapi locks``."""

from collections.abc import Iterable

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, part
from storage_api_client.cli.done import done
from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import backend_argument, name_argument
from storage_api_client.cli.session import Group, at


@click.group(cls=Group)
def locks() -> None:
    """Who holds a volume's lock."""


@locks.command("list")
@backend_argument
@name_argument("volumes", "volume")
def list_locks(backend: str, volume: str) -> None:
    """Show who holds a volume's lock."""
    emit_list(at(backend).locks(volume).list(), [Column("HOST", "host")])


@locks.command("create")
@backend_argument
@name_argument("volumes", "volume")
@click.argument("host")
def create_lock(backend: str, volume: str, host: str) -> None:
    """Lock a volume for a host."""
    emit_record(at(backend).locks(volume).create(host))


@locks.command("delete")
@backend_argument
@name_argument("volumes", "volume")
@click.argument("host")
@destructive
def delete_lock(backend: str, volume: str, host: str, *, dry_run: bool, yes: bool) -> None:
    """Break a host's lock; nothing happens if it holds none."""
    found = at(backend).locks(volume)

    def look() -> Iterable[Part]:
        yield part("lock", lambda: (lock["host"] for lock in found.list() if lock["host"] == host))

    if agreed(f"break the lock of {host} on {volume}", look, dry_run=dry_run, yes=yes):
        found.delete(host)
        done("deleted", "lock", host)
