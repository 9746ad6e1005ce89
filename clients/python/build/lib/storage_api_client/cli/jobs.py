"""``sapi jobs``."""

from typing import Any

import click

from storage_api_client.cli.done import watch as watch_job
from storage_api_client.cli.output import Column, emit_list, emit_record
from storage_api_client.cli.params import completed, quick_client
from storage_api_client.cli.session import Group, client

_STATES = ["queued", "running", "done", "failed", "cancelled"]
_COLUMNS = [
    Column("ID", "id"),
    Column("KIND", "kind"),
    Column("BACK-END", "backend"),
    Column("TARGET", "target"),
    Column("STATE", "state"),
    Column("DONE", "done"),
    Column("TOTAL", "total"),
    Column("ASKED BY", "asked_by"),
    Column("CREATED", "created"),
]
_job = click.argument(
    "job", shell_complete=completed(lambda _: (j.id for j in quick_client().jobs.list()))
)


@click.group(cls=Group)
def jobs() -> None:
    """Work longer than a request."""


@jobs.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--backend", help="Only this back-end's.")
@click.option("--kind", help="Only of this kind, such as purge-user.")
def list_jobs(**filters: Any) -> None:
    """List the jobs, newest first."""
    emit_list((job.record for job in client().jobs.list(**filters)), _COLUMNS)


@jobs.command("show")
@_job
def show_job(job: str) -> None:
    """Show one job."""
    emit_record(client().jobs.get(job).record)


@jobs.command("watch")
@_job
def watch(job: str) -> None:
    """Show a job's progress until it ends; Ctrl-C leaves it alone.

    The exit code is 9 if it failed or was cancelled.
    """
    watch_job(client().jobs.get(job))


@jobs.command("cancel")
@_job
def cancel(job: str) -> None:
    """Cancel a job: one that runs ends after its current step."""
    emit_record(client().jobs.get(job).cancel().record)
