"""The program: its commands, and what every failure ends with."""

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
    try:
        code = sapi.main(prog_name="sapi", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return exits.INTERRUPTED
    except ConfigurationError as error:
        click.echo(f"sapi: {clean(str(error))}", err=True)
        return exits.USAGE
    except JobFailed as error:
        click.echo(f"sapi: {clean(str(error))}", err=True)
        return exits.JOB_FAILED
    except ApiError as error:
        _tell(error)
        return exits.code_of(error)
    return code if isinstance(code, int) else exits.OK


def _tell(error: ApiError) -> None:
    """For programs the whole problem, for people a line; both on standard error."""
    if "--json" in sys.argv[1:]:
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
