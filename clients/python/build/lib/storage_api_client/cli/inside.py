"""What the verbs for buckets and users share."""

import contextlib
from collections.abc import Iterator

import click

from storage_api_client.backend import Scope
from storage_api_client.cli.destroy import MOST_LINES
from storage_api_client.cli.units import show_size
from storage_api_client.errors import ApiError
from storage_api_client.records import Usage

purge_option = click.option("--purge", is_flag=True, help="With all that is inside, by a job.")
wait_option = click.option("--wait", is_flag=True, help="Wait for that job, and show its progress.")
name_option = click.option("--name", help="Only those of this name; * stands for any text.")


def sentence(kind: str, name: str, *, purge: bool) -> str:
    return f"delete {kind} {name}" + (" and everything inside" if purge else "")


def contents(place: Scope, owner: str | None = None) -> Iterator[str]:
    """The buckets of ``place``, and what is in them."""
    found = place.buckets.list() if owner is None else place.buckets.list(owner=owner)
    for number, bucket in enumerate(found):
        name, usage = bucket["name"], bucket["usage"]
        if usage is None and number < MOST_LINES:
            # Some back-ends tell it of one bucket only.
            with contextlib.suppress(ApiError):
                usage = place.buckets.usage(name)
        yield described(name, usage)


def described(name: str, usage: Usage | None) -> str:
    if usage is None or usage["used_objects"] is None:
        return f"{name} (content unknown)"
    count = usage["used_objects"]
    return f"{name} ({count:,} object{'s' * (count != 1)}, {show_size(usage['used_bytes'])})"
