"""``sapi namespaces``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, supported
from storage_api_client.cli.done import done
from storage_api_client.cli.inside import contents, name_option
from storage_api_client.cli.output import (
    Column,
    emit_list,
    emit_record,
    show_limit,
)
from storage_api_client.cli.params import (
    backend_argument,
    body_of,
    body_options,
    name_argument,
)
from storage_api_client.cli.session import Group, at
from storage_api_client.records import (
    NamespaceCreate,
    NamespacePatch,
)

_COLUMNS = [
    Column("NAME", "name"),
    Column("DISPLAY NAME", "display_name"),
    Column("PARENT", "parent"),
    Column("LIMIT", "quota.max_bytes", show_limit),
]


@click.group(cls=Group)
def namespaces() -> None:
    """Namespaces, or tenants."""


@namespaces.command("list")
@backend_argument
@name_option
def list_namespaces(backend: str, **filters: Any) -> None:
    """List the namespaces."""
    emit_list(at(backend).namespaces.list(**filters), _COLUMNS)


@namespaces.command("show")
@backend_argument
@name_argument("namespaces")
def show_namespace(backend: str, name: str) -> None:
    """Show one namespace."""
    emit_record(at(backend).namespaces.get(name))


@namespaces.command("create")
@backend_argument
@click.argument("name")
@body_options(NamespaceCreate)
def create_namespace(backend: str, name: str, **values: Any) -> None:
    """Create a namespace, or find it just so."""
    emit_record(at(backend).namespaces.create(name, **body_of(values)))


@namespaces.command("set")
@backend_argument
@name_argument("namespaces")
@body_options(NamespacePatch)
def set_namespace(backend: str, name: str, **values: Any) -> None:
    """Change a namespace."""
    emit_record(at(backend).namespaces.update(name, **body_of(values)))


@namespaces.command("delete")
@backend_argument
@name_argument("namespaces")
@destructive
def delete_namespace(backend: str, name: str, *, dry_run: bool, yes: bool) -> None:
    """Delete an empty namespace."""
    found = at(backend)

    def look() -> Iterable[Part]:
        found.namespaces.get(name)
        inside = found.in_namespace(name)
        yield Part("namespace", [name])
        yield from supported("buckets, which stand in the way", lambda: contents(inside))
        yield from supported("users", lambda: (user["name"] for user in inside.users.list()))

    if agreed(f"delete namespace {name}", look, dry_run=dry_run, yes=yes):
        found.namespaces.delete(name)
        done("deleted", "namespace", name)
