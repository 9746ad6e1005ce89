"""``storage-api``: what operators run beside the service, with its environment."""

import click

from storage_api import __version__
from storage_api.cli.check_config import check_config
from storage_api.cli.probe import probe
from storage_api.cli.routes import routes
from storage_api.cli.sample import sample


@click.group()
@click.version_option(__version__, prog_name="storage-api")
def main() -> None:
    """Operate storage-api. Configuration comes from the environment, as the service's does."""


for command in (check_config, probe, routes, sample):
    main.add_command(command)
