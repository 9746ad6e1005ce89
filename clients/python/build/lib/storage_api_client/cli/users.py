"""``sapi users``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, part
from storage_api_client.cli.done import started
from storage_api_client.cli.inside import (
    contents,
    name_option,
    purge_option,
    sentence,
    wait_option,
)
from storage_api_client.cli.output import (
    Column,
    emit_list,
    emit_record,
    show_flag,
    show_limit,
    show_names,
)
from storage_api_client.cli.params import (
    backend_argument,
    body_of,
    body_options,
    name_argument,
    namespace_option,
)
from storage_api_client.cli.session import Group, scope
from storage_api_client.records import (
    AccountCreate,
    UserCreate,
    UserPatch,
)

_COLUMNS = [
    Column("NAME", "name"),
    Column("DISPLAY NAME", "display_name"),
    Column("EMAIL", "email"),
    Column("SUSPENDED", "suspended", show_flag),
    Column("LIMIT", "quota.max_bytes", show_limit),
    Column("KEYS", "key_ids", show_names),
]


@click.group(cls=Group)
def users() -> None:
    """Users of object stores."""


@users.command("list")
@backend_argument
@namespace_option
@name_option
def list_users(backend: str, namespace: str | None, **filters: Any) -> None:
    """List the users."""
    emit_list(scope(backend, namespace).users.list(**filters), _COLUMNS)


@users.command("show")
@backend_argument
@namespace_option
@name_argument("users")
def show_user(backend: str, namespace: str | None, name: str) -> None:
    """Show one user."""
    emit_record(scope(backend, namespace).users.get(name))


@users.command("create")
@backend_argument
@namespace_option
@click.argument("name")
@body_options(UserCreate)
def create_user(backend: str, namespace: str | None, name: str, **values: Any) -> None:
    """Create a user without any key, or find it just so."""
    emit_record(scope(backend, namespace).users.create(name, **body_of(values)))


@users.command("create-account")
@backend_argument
@namespace_option
@body_options(AccountCreate)
def create_account(backend: str, namespace: str | None, **values: Any) -> None:
    """Make a user for one resource of a portal, with limits and a key.

    The secret is shown this once.
    """
    emit_record(scope(backend, namespace).users.create_account(**body_of(values)))


@users.command("set")
@backend_argument
@namespace_option
@name_argument("users")
@body_options(UserPatch)
def set_user(backend: str, namespace: str | None, name: str, **values: Any) -> None:
    """Change a user."""
    emit_record(scope(backend, namespace).users.update(name, **body_of(values)))


@users.command("delete")
@backend_argument
@namespace_option
@name_argument("users")
@purge_option
@wait_option
@destructive
def delete_user(  # noqa: PLR0913  # options
    backend: str,
    namespace: str | None,
    name: str,
    *,
    purge: bool,
    wait: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete a user who owns no bucket, with all keys."""
    place = scope(backend, namespace)

    def look() -> Iterable[Part]:
        place.users.get(name)
        yield Part("user", [name])
        yield part("keys", lambda: (key["access_key"] for key in place.users.keys(name).list()))
        title = "buckets with all objects" if purge else "buckets, which stand in the way"
        yield part(title, lambda: contents(place, name))

    if agreed(sentence("user", name, purge=purge), look, dry_run=dry_run, yes=yes):
        started(place.users.delete(name, purge=purge), "user", name, wait=wait)
