"""``sapi exports``."""

from collections.abc import Iterable
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, supported
from storage_api_client.cli.done import done
from storage_api_client.cli.inside import name_option
from storage_api_client.cli.output import Column, emit_list, emit_record, show_names
from storage_api_client.cli.params import backend_argument, name_argument
from storage_api_client.cli.session import Group, at

_COLUMNS = [Column("NAME", "name"), Column("RULES", "rules", show_names)]


@click.group(cls=Group)
def exports() -> None:
    """Export policies: which hosts may mount."""


@exports.command("list")
@backend_argument
@name_option
def list_exports(backend: str, **filters: Any) -> None:
    """List the export policies."""
    emit_list(at(backend).exports.list(**filters), _COLUMNS)


@exports.command("show")
@backend_argument
@name_argument("exports")
def show_export(backend: str, name: str) -> None:
    """Show one export policy."""
    emit_record(at(backend).exports.get(name))


@exports.command("create")
@backend_argument
@click.argument("name")
@click.argument("rules", nargs=-1)
def create_export(backend: str, name: str, rules: tuple[str, ...]) -> None:
    """Create an export policy for hosts and networks, the RULES."""
    emit_record(at(backend).exports.create(name, rules=[*rules]))


@exports.command("set")
@backend_argument
@name_argument("exports")
@click.option("--allow", multiple=True, metavar="RULE", help="Add a host or network.")
@click.option("--deny", multiple=True, metavar="RULE", help="Remove a host or network.")
@destructive
def set_export(  # noqa: PLR0913  # options
    backend: str,
    name: str,
    *,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Change who may mount. Removing is asked about."""
    found = at(backend).exports
    if not allow and not deny:
        raise click.UsageError("nothing to change: give --allow or --deny")

    def look() -> Iterable[Part]:
        rules = found.get(name)["rules"]
        yield Part("rules removed", [rule for rule in deny if rule in rules])
        yield Part("rules added", [rule for rule in allow if rule not in rules])
        yield from _users_of(backend, name)

    if agreed(f"change policy {name}", look, dry_run=dry_run, yes=yes or not (deny or dry_run)):
        for rule in allow:
            found.add_rule(name, rule)
        for rule in deny:
            found.remove_rule(name, rule)
        emit_record(found.get(name))


@exports.command("delete")
@backend_argument
@name_argument("exports")
@destructive
def delete_export(backend: str, name: str, *, dry_run: bool, yes: bool) -> None:
    """Delete an export policy that no volume uses."""
    found = at(backend).exports

    def look() -> Iterable[Part]:
        yield Part("rules", found.get(name)["rules"])
        yield from _users_of(backend, name)

    if agreed(f"delete policy {name}", look, dry_run=dry_run, yes=yes):
        found.delete(name)
        done("deleted", "policy", name)


def _users_of(backend: str, policy: str) -> Iterable[Part]:
    def names() -> Iterable[str]:
        for volume in at(backend).volumes.list():
            if volume["active_policy_name"] == policy:
                yield volume["name"]

    return supported("volumes that use it", names)
