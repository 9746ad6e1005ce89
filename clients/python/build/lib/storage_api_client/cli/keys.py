"""``sapi keys``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, part
from storage_api_client.cli.done import done
from storage_api_client.cli.output import (
    Column,
    emit_list,
    emit_record,
    show_flag,
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
    KeyRotation,
)

_COLUMNS = [
    Column("ACCESS KEY", "access_key"),
    Column("ID", "id"),
    Column("ACTIVE", "active", show_flag),
    Column("CREATED", "created"),
    Column("EXPIRES", "expires"),
]


@click.group(cls=Group)
def keys() -> None:
    """Keys of a user."""


@keys.command("list")
@backend_argument
@namespace_option
@name_argument("users", "user")
def list_keys(backend: str, namespace: str | None, user: str) -> None:
    """List a user's keys, without secrets."""
    emit_list(scope(backend, namespace).users.keys(user).list(), _COLUMNS)


@keys.command("create")
@backend_argument
@namespace_option
@name_argument("users", "user")
def create_key(backend: str, namespace: str | None, user: str) -> None:
    """Make a key. The secret is shown this once, also with --json."""
    emit_record(scope(backend, namespace).users.keys(user).create())


@keys.command("rotate")
@backend_argument
@namespace_option
@name_argument("users", "user")
@click.argument("access_key")
@body_options(KeyRotation)
@destructive
def rotate_key(  # noqa: PLR0913  # options
    backend: str,
    namespace: str | None,
    user: str,
    access_key: str,
    *,
    dry_run: bool,
    yes: bool,
    **values: Any,
) -> None:
    """Replace a key. The new secret is shown this once, also with --json."""
    found = scope(backend, namespace).users.keys(user)

    def look() -> Iterable[Part]:
        yield part("key", lambda: _key(found.list(), access_key))

    if agreed(f"replace a key of {user}", look, dry_run=dry_run, yes=yes):
        emit_record(found.rotate(access_key, **body_of(values)))


@keys.command("delete")
@backend_argument
@namespace_option
@name_argument("users", "user")
@click.argument("access_key")
@destructive
def delete_key(  # noqa: PLR0913  # options
    backend: str,
    namespace: str | None,
    user: str,
    access_key: str,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete a key: whoever uses it is locked out."""
    found = scope(backend, namespace).users.keys(user)

    def look() -> Iterable[Part]:
        yield part("key", lambda: _key(found.list(), access_key))

    if agreed(f"delete a key of {user}", look, dry_run=dry_run, yes=yes):
        found.delete(access_key)
        done("deleted", "key", access_key)


def _key(found: Iterable[Any], access_key: str) -> list[str]:
    return [
        f"{key['access_key']}, made {key['created'] or 'at an unknown time'}"
        for key in found
        if access_key in {key["access_key"], key["id"]}
    ]
