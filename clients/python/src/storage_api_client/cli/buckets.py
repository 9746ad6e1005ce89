"""``sapi buckets``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive
from storage_api_client.cli.done import started
from storage_api_client.cli.inside import (
    described,
    name_option,
    purge_option,
    sentence,
    wait_option,
)
from storage_api_client.cli.output import (
    Column,
    emit_list,
    emit_record,
    show_count,
    show_limit,
)
from storage_api_client.cli.params import (
    backend_argument,
    body_of,
    body_options,
    name_argument,
    namespace_option,
)
from storage_api_client.cli.session import Group, scope
from storage_api_client.cli.units import show_size
from storage_api_client.records import (
    BucketCreate,
    BucketPatch,
)

_COLUMNS = [
    Column("NAME", "name"),
    Column("OWNER", "owner"),
    Column("USED", "usage.used_bytes", show_size),
    Column("OBJECTS", "usage.used_objects", show_count),
    Column("LIMIT", "quota.max_bytes", show_limit),
    Column("VERSIONING", "versioning"),
    Column("CREATED", "created"),
]


@click.group(cls=Group)
def buckets() -> None:
    """Buckets."""


@buckets.command("list")
@backend_argument
@namespace_option
@name_option
@click.option("--owner", help="Only this owner's.")
def list_buckets(backend: str, namespace: str | None, **filters: Any) -> None:
    """List the buckets."""
    emit_list(scope(backend, namespace).buckets.list(**filters), _COLUMNS)


@buckets.command("show")
@backend_argument
@namespace_option
@name_argument("buckets")
def show_bucket(backend: str, namespace: str | None, name: str) -> None:
    """Show one bucket."""
    emit_record(scope(backend, namespace).buckets.get(name))


@buckets.command("create")
@backend_argument
@namespace_option
@click.argument("name")
@body_options(BucketCreate)
def create_bucket(backend: str, namespace: str | None, name: str, **values: Any) -> None:
    """Create a bucket, or find it just so."""
    emit_record(scope(backend, namespace).buckets.create(name, **body_of(values)))


@buckets.command("set")
@backend_argument
@namespace_option
@name_argument("buckets")
@body_options(BucketPatch)
def set_bucket(backend: str, namespace: str | None, name: str, **values: Any) -> None:
    """Change a bucket."""
    emit_record(scope(backend, namespace).buckets.update(name, **body_of(values)))


@buckets.command("delete")
@backend_argument
@namespace_option
@name_argument("buckets")
@purge_option
@wait_option
@destructive
def delete_bucket(  # noqa: PLR0913  # options
    backend: str,
    namespace: str | None,
    name: str,
    *,
    purge: bool,
    wait: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete an empty bucket."""
    place = scope(backend, namespace)

    def look() -> Iterable[Part]:
        usage = place.buckets.get(name)["usage"]
        full = not purge and usage is not None and usage["used_objects"]
        title = "bucket, whose objects stand in the way" if full else "bucket"
        yield Part(title, [described(name, usage)])

    if agreed(sentence("bucket", name, purge=purge), look, dry_run=dry_run, yes=yes):
        started(place.buckets.delete(name, purge=purge), "bucket", name, wait=wait)
