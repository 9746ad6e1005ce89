"""The client of this call of ``sapi``, and what its commands are made with."""

import os
from collections.abc import Callable
from typing import Any

import click

from storage_api_client import Client
from storage_api_client.backend import Backend, Scope
from storage_api_client.version import __version__

#: Above the service's own 90 seconds, so that it is the service that says what was too slow.
_TIMEOUT = 100.0
AGENT = f"sapi/{__version__}"
#: People rather hear that something is down than wait for it.
_RETRIES = 1


def environment() -> dict[str, str]:
    """The environment, with the address that the command line gives in its place."""
    url = click.get_current_context().find_root().params.get("url")
    return {**os.environ, **({"STORAGE_API_URL": url} if url else {})}


def seconds() -> float:
    """For how long each answer is waited for."""
    return click.get_current_context().find_root().params.get("timeout") or _TIMEOUT


def client(**options: Any) -> Client:
    """Raises ``ConfigurationError`` where the environment says too little, or too much."""
    own = {"timeout": seconds(), "user_agent": AGENT, "retries": _RETRIES}
    return Client.from_environment(environment(), **{**own, **options})


def at(name: str, **options: Any) -> Backend:
    return client(**options).backend(name)


def scope(name: str, namespace: str | None) -> Scope:
    """The buckets and users of a namespace, or of the default one."""
    found = at(name)
    return found if namespace is None else found.in_namespace(namespace)


class Command(click.Command):
    """Every command answers in JSON on demand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json"],
                is_flag=True,
                expose_value=False,
                callback=_remember_json,
                help="Answer in JSON.",
            )
        )


class Group(click.Group):
    command_class = Command
    group_class = type


def _remember_json(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's order
    if value:
        context.find_root().meta["json"] = True


Decorated = Callable[..., Any]
