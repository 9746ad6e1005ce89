"""``sapi quota`` and ``sapi usage``."""

import sys
from pathlib import Path
from typing import Any, cast

import click

from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import (
    backend_argument,
    body_of,
    body_options,
    namespace_option,
)
from storage_api_client.cli.session import Decorated, Group, at, scope
from storage_api_client.families.family import Holders
from storage_api_client.records import Quota

_KINDS = ["bucket", "user", "namespace"]
_BILLED = [
    Column("KIND", "kind"),
    Column("NAMESPACE", "namespace"),
    Column("NAME", "name"),
    Column("OWNER", "owner"),
    Column("USED", "value"),
    Column("UNIT", "unit"),
    Column("OBJECT-DAYS", "object_days"),
    Column("COMPLETE", "complete", lambda value: "yes" if value else "no"),
]


def _holder_arguments(function: Decorated) -> Decorated:
    for decorator in (
        click.argument("name"),
        click.argument("kind", type=click.Choice(_KINDS)),
        namespace_option,
        backend_argument,
    ):
        function = decorator(function)
    return function


def _holders(backend: str, kind: str, namespace: str | None) -> Holders:
    if kind == "namespace":
        return at(backend).namespaces
    place = scope(backend, namespace)
    return place.buckets if kind == "bucket" else place.users


@click.group(cls=Group)
def quota() -> None:
    """Quotas of buckets, users and namespaces."""


@quota.command("show")
@_holder_arguments
def show_quota(backend: str, kind: str, name: str, namespace: str | None) -> None:
    """Show a quota."""
    emit_record(_holders(backend, kind, namespace).quota(name))


@quota.command("set")
@_holder_arguments
@body_options(Quota)
def set_quota(backend: str, kind: str, name: str, namespace: str | None, **values: Any) -> None:
    """Change a quota: limits that are not given stay; 'unlimited' lifts one."""
    given = body_of(values)
    if not given:
        raise click.UsageError("nothing to change: give a limit")
    holders = _holders(backend, kind, namespace)
    # The API replaces the whole quota.
    whole = cast("Quota", {**holders.quota(name), **given})
    emit_record(holders.set_quota(name, **whole))


@quota.command("remove")
@_holder_arguments
def remove_quota(backend: str, kind: str, name: str, namespace: str | None) -> None:
    """Remove a quota: everything is unlimited then."""
    holders = _holders(backend, kind, namespace)
    holders.delete_quota(name)
    emit_record(holders.quota(name))


@click.group(cls=Group)
def usage() -> None:
    """What is stored now, and what was over a period."""


@usage.command("show")
@_holder_arguments
def show_usage(backend: str, kind: str, name: str, namespace: str | None) -> None:
    """Show what a bucket, user or namespace stores now."""
    emit_record(_holders(backend, kind, namespace).usage(name))


def _period(function: Decorated) -> Decorated:
    when = "a moment, a day (2026-11-05) or a month (2026-11)"
    for option in (
        click.option("--name", help="Only this one's; * stands for any text."),
        click.option("--kind", type=click.Choice(_KINDS), help="Only these."),
        click.option("--unit", help="GB (the default), TB, GiB, TiB, ..."),
        click.option("--to", "until", help=f"Until before {when}."),
        click.option("--from", "since", help=f"From {when}."),
        backend_argument,
    ):
        function = option(function)
    return function


@usage.command("report")
@_period
@click.option("--owner", help="Only this owner's buckets.")
def report(backend: str, **query: Any) -> None:
    """Show what everybody used over a period, as it is billed: size times days."""
    emit_list(at(backend).usage(**query), _BILLED)


@usage.command("plot")
@_period
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="The file; else standard out."
)
def plot(backend: str, output: Path | None, **query: Any) -> None:
    """Draw the same, as SVG."""
    picture = at(backend).usage_plot(**query)
    if output is None:
        sys.stdout.buffer.write(picture)
    else:
        output.write_bytes(picture)
