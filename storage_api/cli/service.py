"""The service inside a command."""

import io
import sys
from contextlib import redirect_stdout

import click
from flask import Flask

from storage_api.app import create_app
from storage_api.environment import SettingsError

_MISCONFIGURED = 2


def configured() -> Flask:
    """The service, which connects to nothing yet; ends the command if it cannot start."""
    try:
        return create_app()
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(_MISCONFIGURED)


def silent() -> Flask:
    """The same, without the service's log, for commands whose output somebody reads."""
    with redirect_stdout(io.StringIO()):
        return configured()
