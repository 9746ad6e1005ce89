"""``sapi volumes``."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import click

from storage_api_client.cli.destroy import Part, agreed, destructive, supported
from storage_api_client.cli.done import done
from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import backend_argument, body_of, body_options, name_argument
from storage_api_client.cli.session import Group, at
from storage_api_client.cli.units import show_size
from storage_api_client.records import Snapshot, VolumePatch, VolumePost

_COLUMNS = [
    Column("NAME", "name"),
    Column("SIZE", "size_total", show_size),
    Column("USED", "size_used", show_size),
    Column("STATE", "state"),
    Column("JUNCTION", "junction_path"),
    Column("POLICY", "active_policy_name"),
    Column("OWNER", "owner"),
]


@click.group(cls=Group)
def volumes() -> None:
    """Volumes of filers."""


@volumes.command("list")
@backend_argument
@click.option("--name", help="Only those of this name; * stands for any text.")
@click.option("--owner", help="Only this owner's.")
@click.option("--state", help="Only those in this state.")
def list_(backend: str, **filters: Any) -> None:
    """List the volumes that are not restricted."""
    emit_list(at(backend).volumes.list(**filters), _COLUMNS)


@volumes.command()
@backend_argument
@name_argument("volumes")
def show(backend: str, name: str) -> None:
    """Show one volume."""
    emit_record(at(backend).volumes.get(name))


@volumes.command()
@backend_argument
@click.argument("name")
@body_options(VolumePost, without=("name", "from_volume", "from_snapshot"))
def create(backend: str, name: str, **values: Any) -> None:
    """Create a volume."""
    emit_record(at(backend).volumes.create(name, **body_of(values)))


@volumes.command()
@backend_argument
@name_argument("volumes", "source")
@click.argument("snapshot")
@click.argument("name")
@body_options(VolumePost, without=("name", "from_volume", "from_snapshot"))
def clone(backend: str, source: str, snapshot: str, name: str, **values: Any) -> None:
    """Make NAME out of the SNAPSHOT of SOURCE."""
    body = body_of(values) | {"from_volume": source, "from_snapshot": snapshot}
    emit_record(at(backend).volumes.create(name, **body))


@volumes.command("set")
@backend_argument
@name_argument("volumes")
@body_options(VolumePatch)
def set_(backend: str, name: str, **values: Any) -> None:
    """Change a volume."""
    emit_record(at(backend).volumes.update(name, **body_of(values)))


@volumes.command()
@backend_argument
@name_argument("volumes")
@destructive
def delete(backend: str, name: str, *, dry_run: bool, yes: bool) -> None:
    """Restrict a volume: it is taken out of use, not destroyed."""
    found = at(backend)

    def look() -> Iterable[Part]:
        volume = found.volumes.get(name)
        used = [f"{show_size(volume['size_used'])} used of {show_size(volume['size_total'])}"]
        yield Part("volume", [f"{name}, {used[0]}"])
        yield from supported("snapshots", lambda: _snapshot_names(backend, name))
        yield from supported("locks", lambda: (lock["host"] for lock in found.locks(name).list()))

    if agreed(f"take volume {name} out of use", look, dry_run=dry_run, yes=yes):
        found.volumes.delete(name)
        done("restricted", "volume", name)


@volumes.command()
@backend_argument
@name_argument("volumes")
@click.argument("snapshot")
@destructive
def rollback(backend: str, name: str, snapshot: str, *, dry_run: bool, yes: bool) -> None:
    """Put a volume back to a snapshot. What was written since is lost."""
    found = at(backend)

    def look() -> Iterable[Part]:
        point = found.snapshots(name).get(snapshot)
        yield Part("all that was written since", [str(point["creation_time"])])
        others = [other for other in found.snapshots(name).list() if other["name"] != snapshot]
        later = [other["name"] for other in others if not _is_older(other, point)]
        yield Part("snapshots taken since, where the back-end drops those", later)

    if agreed(f"roll {name} back to {snapshot}", look, dry_run=dry_run, yes=yes):
        emit_record(found.volumes.rollback(name, snapshot))


def _is_older(one: Snapshot, other: Snapshot) -> bool:
    """Only where both say when they were taken, and it is not the same second."""
    first, second = (_moment(snapshot["creation_time"]) for snapshot in (one, other))
    return first is not None and second is not None and first < second


def _moment(text: str | None) -> datetime | None:
    """Of the form that volumes' families write."""
    try:
        found = None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _snapshot_names(name: str, volume: str) -> list[str]:
    return [snapshot["name"] for snapshot in at(name).snapshots(volume).list()]
