"""``sapi login``, ``logout`` and ``whoami``."""

import shlex
import subprocess
import sys

import click

from storage_api_client import Client, store
from storage_api_client.cli.output import as_json, emit_json, say
from storage_api_client.cli.session import AGENT, Command, client, environment, seconds
from storage_api_client.credentials import checked_token
from storage_api_client.errors import ConfigurationError
from storage_api_client.transport import checked_url

_COMMAND_SECONDS = 60


@click.command(cls=Command)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the token from standard input.")
@click.option("--command", help="Run this program, without a shell; the token is its output.")
@click.option("--keyring", is_flag=True, help="Keep it in the keyring; else in a file (0600).")
def login(*, from_stdin: bool, command: str | None, keyring: bool) -> None:
    """Check a bearer token, and keep it for this address."""
    if from_stdin and command:
        raise click.UsageError("give --stdin or --command, not both")
    url = _url()
    token = checked_token(_token(command, from_stdin=from_stdin), "the token")
    with Client(url, token=token, timeout=seconds(), user_agent=AGENT) as found:
        roles = found.my_roles()
    if keyring:
        store.keep_in_keyring(url, token)
        store.forget_file(url, environment())
        where = "the keyring"
    else:
        path = store.file_of(url, environment())
        if path is None:
            raise ConfigurationError("there is no home directory; set XDG_CONFIG_HOME")
        store.keep_in_file(path, token)
        where = str(path)
    if as_json():
        emit_json({"url": url, "roles": roles, "kept_in": where})
    else:
        click.echo(f"roles: {', '.join(roles) or 'none'}")
        say(f"the token is kept in {where}")


@click.command(cls=Command)
def logout() -> None:
    """Forget the token that is kept for this address."""
    url = _url()
    forgotten = store.forget(url, environment())
    if as_json():
        emit_json({"url": url, "forgotten": forgotten})
    else:
        click.echo("forgotten" if forgotten else "no token was kept")


@click.command(cls=Command)
def whoami() -> None:
    """Show the roles that you have."""
    roles = client().my_roles()
    if as_json():
        emit_json(roles)
    else:
        click.echo(", ".join(roles) or "no roles")


def _url() -> str:
    url = environment().get("STORAGE_API_URL")
    if not url:
        raise ConfigurationError("give --url, or set STORAGE_API_URL")
    return checked_url(url)


def _token(command: str | None, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().strip()
    if command is None:
        prompted: str = click.prompt("Token", hide_input=True, err=True)
        return prompted.strip()
    try:
        words = shlex.split(command) or [""]
        ran = subprocess.run(  # noqa: S603  # the user's own words
            words,
            stdout=subprocess.PIPE,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"--command: {type(error).__name__}") from None
    if ran.returncode:
        raise ConfigurationError(f"--command ended with {ran.returncode}")
    return ran.stdout.strip()
