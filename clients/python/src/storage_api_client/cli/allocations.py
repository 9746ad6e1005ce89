"""``sapi allocations``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, supported
from storage_api_client.cli.done import done
from storage_api_client.cli.inside import contents, name_option
from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import backend_argument, body_of, body_options, name_argument
from storage_api_client.cli.session import Group, at
from storage_api_client.cli.units import show_size
from storage_api_client.records import AllocationCreate, AllocationPatch

_COLUMNS = [
    Column("NAME", "name"),
    Column("SIZE", "size_bytes", show_size),
    Column("STATE", "state"),
    Column("NAMESPACE", "namespace"),
    Column("BUCKET", "bucket"),
    Column("OWNER", "owner"),
]


@click.group(cls=Group)
def allocations() -> None:
    """Allocations: a namespace with quota, owner, key and bucket."""


@allocations.command("list")
@backend_argument
@name_option
def list_allocations(backend: str, **filters: Any) -> None:
    """List the allocations."""
    emit_list(at(backend).allocations.list(**filters), _COLUMNS)


@allocations.command("show")
@backend_argument
@name_argument("allocations")
def show_allocation(backend: str, name: str) -> None:
    """Show one allocation, with its limits and usage."""
    emit_record(at(backend).allocations.get(name))


@allocations.command("create")
@backend_argument
@click.argument("name")
@body_options(AllocationCreate, without=("name",))
def create_allocation(backend: str, name: str, **values: Any) -> None:
    """Make an allocation. The secret of its key is shown this once, also with --json."""
    emit_record(at(backend).allocations.create(name, **body_of(values)))


@allocations.command("set")
@backend_argument
@name_argument("allocations")
@body_options(AllocationPatch)
def set_allocation(backend: str, name: str, **values: Any) -> None:
    """Set another size."""
    emit_record(at(backend).allocations.update(name, **body_of(values)))


@allocations.command("delete")
@backend_argument
@name_argument("allocations")
@destructive
def delete_allocation(backend: str, name: str, *, dry_run: bool, yes: bool) -> None:
    """Delete an allocation that holds no data."""
    found = at(backend)

    def look() -> Iterable[Part]:
        record = found.allocations.get(name)
        inside = found.in_namespace(record["namespace"])
        yield Part("namespace", [record["namespace"]])
        yield from supported("buckets, which must be empty", lambda: contents(inside))
        yield from supported("users", lambda: (user["name"] for user in inside.users.list()))
        keys = inside.users.keys(record["owner"])
        yield from supported(
            "keys of the owner", lambda: (key["access_key"] for key in keys.list())
        )

    if agreed(f"delete allocation {name}", look, dry_run=dry_run, yes=yes):
        found.allocations.delete(name)
        done("deleted", "allocation", name)
