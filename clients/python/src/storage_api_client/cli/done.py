"""What is said when something is gone, and how one waits for a job."""

from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from storage_api_client import Job
from storage_api_client.cli.output import as_json, clean, console, emit_json, emit_record, say
from storage_api_client.errors import ApiError
from storage_api_client.records import Job as JobRecord


def done(verb: str, kind: str, name: str) -> None:
    if as_json():
        emit_json({"outcome": verb, "kind": kind, "name": name})
    else:
        click.echo(clean(f"{kind} {name} {verb}"))


def started(job: Job | None, kind: str, name: str, *, wait: bool) -> None:
    """A purge answers a job, or nothing where all was gone already."""
    if job is None:
        done("deleted", kind, name)
    elif wait:
        watch(job)
    elif as_json():
        emit_json(job.record)
    else:
        click.echo(clean(f"job {job.id} {job.state}; see: sapi jobs watch {job.id}"))


def watch(job: Job) -> None:
    """A bar in a terminal, a line for each change elsewhere; then the record.

    Raises:
        JobFailed: it failed or was cancelled.
    """
    try:
        if console(stderr=True).is_terminal:
            _watch_bar(job)
        else:
            _watch_lines(job)
    except KeyboardInterrupt:
        say(f"job {job.id} goes on; to stop it: sapi jobs cancel {job.id}")
        raise
    except ApiError:
        say(f"job {job.id} may go on all the same; see: sapi jobs watch {job.id}")
        raise
    finally:
        if job.ended:
            emit_record(job.record)


def _watch_bar(job: Job) -> None:
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
    ) as progress:
        task = progress.add_task(_title(job.record), total=None)

        def show(record: JobRecord) -> None:
            total = record["total"]
            progress.update(task, description=_title(record), completed=record["done"], total=total)

        job.wait(on_progress=show)


def _watch_lines(job: Job) -> None:
    last: list[Any] = []

    def show(record: JobRecord) -> None:
        now = [record["state"], record["done"], record["total"]]
        if now != last:
            last[:] = now
            total = "?" if record["total"] is None else record["total"]
            say(f"{_title(record)} {record['done']}/{total}")

    job.wait(on_progress=show)


def _title(record: JobRecord) -> str:
    return clean(f"{record['kind']} {record['target']}: {record['state']}")
