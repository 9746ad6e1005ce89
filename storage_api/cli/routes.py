"""``storage-api routes``: what the service answers, and to whom."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import click
from flask import Flask, json

from storage_api.api.mount import Unsupported
from storage_api.api.operation import operation_of
from storage_api.api.resource import ApiResource
from storage_api.cli.service import silent
from storage_api.security.roles import Role

_OPEN = "open"
_REDIRECT = "unversioned"


class Answered(NamedTuple):
    """One method of one path; ``role`` is what a caller needs."""

    method: str
    path: str
    role: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a list of JSON objects.")
def routes(*, as_json: bool) -> None:
    """List every method and path with the role that it needs, for this configuration.

    Left out are the families that a back-end lacks, which answer 501, and v3's short paths, which
    lead to those listed. Ends with 0, or with 2 if the configuration is wrong.
    """
    found = sorted(set(_answered(silent())), key=lambda route: (route.path, route.method))
    if as_json:
        click.echo(json.dumps([route._asdict() for route in found], indent=2))
        return
    for route in found:
        click.echo(f"{route.method:<6} {route.role:<10} {route.path}")


def _answered(app: Flask) -> Iterator[Answered]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == _REDIRECT or _resource(view) is Unsupported:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield Answered(method, path, _role(view, method) or _OPEN)


def _role(view: Callable[..., Any], method: str) -> Role | None:
    resource = _resource(view)
    if resource is not None and issubclass(resource, ApiResource):
        return operation_of(getattr(resource, method.lower())).role
    role: Role | None = getattr(view, "role", None)
    return role


def _resource(view: Callable[..., Any]) -> type | None:
    found: type | None = getattr(view, "view_class", None)
    return found
