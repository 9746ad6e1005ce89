"""``storage-api probe``: does a storage system answer, and let our account do its work?"""

import sys
from collections.abc import Sequence

import click

from storage_api.backends.base import EXTENSION
from storage_api.cli.service import silent
from storage_api.cli.trials import Trial, Verdict, trials

_WORKS, _LACKING, _NO_ANSWER = 0, 1, 3


@click.command()
@click.argument("endpoint")
def probe(endpoint: str) -> None:
    """Connect to the back-end ENDPOINT and try every family that it offers, by reading only.

    Rights to write are told as far as the storage system tells them; docs/operate.md says what
    that is for each. Ends with 0 if all works, with 1 if something is refused or wrong, with 2 if
    the configuration is wrong or names no such back-end, and with 3 if there is no answer, which
    may pass.
    """
    backends = silent().extensions[EXTENSION]
    if endpoint not in backends:
        raise click.UsageError(f"No such back-end. Those configured: {', '.join(backends)}.")
    found = []
    for trial in trials(backends[endpoint]):
        click.echo(f"{trial.what:<18} {trial.verdict:<8} {trial.words}")
        found.append(trial)
    sys.exit(_exit_code(found))


def _exit_code(found: Sequence[Trial]) -> int:
    failed = [trial for trial in found if trial.verdict is Verdict.FAILS]
    if not failed:
        return _WORKS
    return _NO_ANSWER if all(trial.passing for trial in failed) else _LACKING
