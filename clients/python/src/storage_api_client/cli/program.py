"""The program: its commands, and what every failure ends with."""

import io
import sys

import click
from click.shell_completion import get_completion_class

from storage_api_client.cli import exits
from storage_api_client.cli.allocations import allocations
from storage_api_client.cli.buckets import buckets
from storage_api_client.cli.capacity import backends, capacity
from storage_api_client.cli.exports import exports
from storage_api_client.cli.jobs import jobs
from storage_api_client.cli.keys import keys
from storage_api_client.cli.locks import locks
from storage_api_client.cli.login import login, logout, whoami
from storage_api_client.cli.namespaces import namespaces
from storage_api_client.cli.output import clean, emit_json
from storage_api_client.cli.quota import quota, usage
from storage_api_client.cli.session import Group
from storage_api_client.cli.snapshots import snapshots
from storage_api_client.cli.users import users
from storage_api_client.cli.volumes import volumes
from storage_api_client.errors import ApiError, ConfigurationError, JobFailed
from storage_api_client.version import __version__

_EPILOG = (
    "Exit codes: 0 done, 1 error, 2 wrong usage or request, 3 not found, 4 conflict, 5 forbidden, "
    "6 unavailable or too slow, 7 not supported, 8 no space left, 9 the job failed, "
    "130 interrupted."
)


@click.group(cls=Group, epilog=_EPILOG)
@click.option("--url", metavar="URL", help="The service; else STORAGE_API_URL.")
@click.option("--timeout", type=click.FloatRange(0.1), help="Seconds for each answer; else 100.")
@click.version_option(__version__, prog_name="sapi")
def sapi(**_: object) -> None:
    """Every storage system of the site, through storage-api."""


@sapi.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion: eval "$(sapi completion bash)"."""
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(sapi, {}, "sapi", "_SAPI_COMPLETE").source())


for command in (
    allocations,
    backends,
    buckets,
    capacity,
    exports,
    jobs,
    keys,
    locks,
    login,
    logout,
    namespaces,
    quota,
    snapshots,
    usage,
    users,
    volumes,
    whoami,
):
    sapi.add_command(command)


def run() -> int:
    """The exit code of one call."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where the locale lacks a sign, another one is better than no answer.
            stream.reconfigure(errors="replace")
    try:
        code = sapi.main(prog_name="sapi", standalone_mode=False)
    except click.ClickException as error:
        return _ended(error)
    except click.Abort:
        return _failed("interrupted", "interrupted", exits.INTERRUPTED)
    except ConfigurationError as error:
        return _failed("configuration", str(error), exits.USAGE)
    except JobFailed as error:
        return _failed("job-failed", str(error), exits.JOB_FAILED)
    except ApiError as error:
        _tell(error)
        return exits.code_of(error)
    except OSError as error:
        return _failed("file", f"{error.filename or 'output'}: {error.strerror}", exits.ERROR)
    return code if isinstance(code, int) else exits.OK


def _ended(error: click.ClickException) -> int:
    if _for_programs():
        code = "usage" if isinstance(error, click.UsageError) else "refused"
        return _failed(code, error.format_message(), error.exit_code)
    error.show()
    return error.exit_code


def _failed(code: str, detail: str, exit_code: int) -> int:
    """What went wrong on this side of the service."""
    if _for_programs():
        emit_json({"code": code, "detail": detail}, stderr=True)
    else:
        click.echo(f"sapi: {clean(detail)}", err=True)
    return exit_code


def _for_programs() -> bool:
    """Not out of the context: it may be the options that are wrong."""
    return "--json" in sys.argv[1:]


def _tell(error: ApiError) -> None:
    """For programs the whole problem, for people a line; both on standard error."""
    if _for_programs():
        problem = {
            "status": error.status,
            "code": error.code,
            "detail": str(error),
            "request_id": error.request_id,
            "retryable": error.retryable,
            "may_have_happened": error.may_have_happened,
        }
        emit_json(problem, stderr=True)
        return
    click.echo(f"sapi: {clean(str(error))}", err=True)
    if error.may_have_happened:
        click.echo("sapi: what was asked for may have been done all the same; look first", err=True)
    if error.request_id:
        click.echo(f"sapi: request id {clean(error.request_id)}", err=True)
