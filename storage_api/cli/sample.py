"""``storage-api sample``: measures usage, and keeps it."""

import re
import signal
import sys
import threading
from datetime import timedelta

import click
from flask import Flask

from storage_api.backends.accounting import UsageReporter
from storage_api.backends.base import EXTENSION
from storage_api.cli.service import configured

_ALL_MEASURED, _SOME_FAILED = 0, 1
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=1)
_USUAL = "15m"


class _Interval(click.ParamType[timedelta]):
    """A minute to a day, in whole seconds, minutes or hours."""

    name = "interval"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([0-9]{1,6})([smh])", str(value))
        interval = timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else timedelta()
        if not _SHORTEST <= interval <= _LONGEST:
            self.fail("must be from 1m to 24h, such as 900s, 15m or 1h", param, ctx)
        return interval


@click.command()
@click.option("--backend", help="Endpoint of the one back-end to sample; all, if not given.")
@click.option(
    "--every",
    type=_Interval(),
    help="Go on until SIGTERM, with a pass every so often (15m is usual).",
)
@click.option(
    "--step",
    type=_Interval(),
    help=f"For a single pass: how long until the next one is due. {_USUAL}, if not given.",
)
def sample(backend: str | None, every: timedelta | None, step: timedelta | None) -> None:
    """Measure what every bucket, user and namespace stores, and keep it.

    Ends with 0 if everything was measured, with 1 if something was not, and with 2 if the
    configuration is wrong. Any number of these may run: each pass is one's only.
    """
    if every and step:
        raise click.UsageError("--every says how often already; --step is for a single pass.")
    app = configured()
    backends = _meant(app, backend)
    from storage_api.metering.sampler import Outcome, Sampler  # noqa: PLC0415  # slow to import

    database = app.extensions["storage_api_meter"].database
    interval = every or step or _Interval().convert(_USUAL, None, None)
    sampler = Sampler(database, backends, interval)
    if every:
        sampler.run(_until_told())
        sys.exit(_ALL_MEASURED)
    outcomes = sampler.once()
    for endpoint, outcome in outcomes.items():
        click.echo(f"{endpoint}: {outcome}", err=True)
    failed = {Outcome.FAILED, Outcome.PARTLY} & set(outcomes.values())
    sys.exit(_SOME_FAILED if failed else _ALL_MEASURED)


def _meant(app: Flask, endpoint: str | None) -> dict[str, UsageReporter]:
    able = {
        name: backend
        for name, backend in app.extensions[EXTENSION].items()
        if isinstance(backend, UsageReporter)
    }
    if endpoint is None:
        return able
    if endpoint not in able:
        names = ", ".join(able) or "none"
        raise click.UsageError(f"No such back-end measures usage. Those that do: {names}.")
    return {endpoint: able[endpoint]}


def _until_told() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
