"""Arguments and options that commands share, with completion out of the service itself."""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from importlib import resources
from itertools import islice
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import click
from click.shell_completion import CompletionItem

from storage_api_client.cli.output import is_size
from storage_api_client.cli.session import Decorated, client
from storage_api_client.cli.units import parse_size
from storage_api_client.errors import ApiError, ConfigurationError
from storage_api_client.records import Quota


class _Limit(Enum):
    NONE = "unlimited"


#: In the place of a limit; ``None`` is an option that was not given.
UNLIMITED = _Limit.NONE
#: A completion that takes longer is worse than none.
_COMPLETION_SECONDS = 5.0
_MOST_COMPLETIONS = 100
#: Between a record's key and a key inside it.
_WITHIN = "__"
#: Options with a shorter name than their key.
_SPELLED = {"size_total": "--size", "size_bytes": "--size"}


class _Type(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    pass


class Size(_Type):
    """``10GiB``, ``2TB``, ``512B``; ``unlimited`` where that is possible."""

    name = "size"

    def __init__(self, *, limit: bool = False) -> None:
        self._limit = limit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | _Limit:
        if isinstance(value, int | _Limit):
            return value
        if self._limit and value == UNLIMITED.value:
            return UNLIMITED
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Count(_Type):
    """A whole number, or ``unlimited``."""

    name = "count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | _Limit:
        if isinstance(value, int | _Limit):
            return value
        if value == UNLIMITED.value:
            return UNLIMITED
        if not (value.isascii() and value.isdigit()):
            self.fail(f"{value!r} is neither a whole number nor 'unlimited'", param, ctx)
        return int(value)


class Json(_Type):
    """What has no shorter form."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            self.fail("this is no JSON", param, ctx)


class Pair(_Type):
    name = "key=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, rest = value.partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not of the form key=value", param, ctx)
        return key, rest


def backend_argument(function: Decorated) -> Decorated:
    return click.argument("backend", shell_complete=completed(lambda _: quick_client().backends()))(
        function
    )


def namespace_option(function: Decorated) -> Decorated:
    return click.option("--namespace", metavar="NAME", help="In this namespace.")(function)


def name_argument(
    family: str, argument: str = "name", key: str = "name"
) -> Callable[[Decorated], Decorated]:
    """A name that is completed out of the back-end's list of that family."""

    def names(context: click.Context) -> Iterable[str]:
        found = quick_client().backend(context.params["backend"])
        namespace = context.params.get("namespace")
        place: Any = found.in_namespace(namespace) if namespace else found
        return (record[key] for record in getattr(place, family).list())

    return click.argument(argument, shell_complete=completed(names))


def quick_client() -> Any:
    return client(timeout=_COMPLETION_SECONDS, retries=0)


def completed(
    find: Callable[[click.Context], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            with context:
                matching = (name for name in find(context) if name.startswith(begun))
                return [CompletionItem(name) for name in islice(matching, _MOST_COMPLETIONS)]
        except (ApiError, ConfigurationError, KeyError):
            # Who presses Tab wants names or nothing.
            return []

    return complete


def body_options(record: type, *, without: Iterable[str] = ()) -> Callable[[Decorated], Decorated]:
    """An option for every key of a request's body."""
    texts = _texts().get(record.__name__, {})
    hints = {key: hint for key, hint in get_type_hints(record).items() if key not in without}

    def decorate(function: Decorated) -> Decorated:
        for key, hint in reversed(hints.items()):
            if _plain(hint) is Quota:
                for own, kind in reversed(get_type_hints(Quota).items()):
                    if own != "enabled":
                        inner = f"{key}{_WITHIN}{own}"
                        function = _option(inner, own, kind, _texts()["Quota"][own])(function)
            else:
                needed = key in record.__required_keys__  # type: ignore[attr-defined]
                function = _option(key, key, hint, texts.get(key), required=needed)(function)
        return function

    return decorate


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("storage_api_client").joinpath("texts.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, str]] = json.loads(text)
    return found


def body_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The body that the options of ``body_options`` make."""
    body: dict[str, Any] = {}
    for key, value in values.items():
        if value is None or value == ():
            continue
        holder, _, last = key.rpartition(_WITHIN)
        target = body.setdefault(holder, {}) if holder else body
        target[last] = _value(value)
    return body


def _value(value: Any) -> Any:
    if value is UNLIMITED:
        return None
    if isinstance(value, tuple):
        pairs = all(isinstance(item, tuple) for item in value)
        return dict(value) if pairs else list(value)
    return value


def _option(
    key: str, own: str, hint: Any, text: str | None, *, required: bool = False
) -> Callable[[Decorated], Decorated]:
    nullable = type(None) in get_args(hint)
    hint = _plain(hint)
    flag = _SPELLED.get(key, f"--{key.replace(_WITHIN, '-').replace('_', '-')}")
    if hint is bool:
        return click.option(f"{flag}/--no-{flag[2:]}", key, default=None, help=text)
    more: dict[str, Any] = {"help": text, "required": required}
    if hint is int:
        more["type"] = Size(limit=nullable) if is_size(own) else Count() if nullable else int
        # The API's word is null.
        more["help"] = f"{text} For null give 'unlimited'." if nullable else text
    elif get_origin(hint) is Literal:
        more["type"] = click.Choice(list(get_args(hint)))
    elif get_origin(hint) is dict:
        more |= {"type": Pair(), "multiple": True}
    elif hint == list[str]:
        more["multiple"] = True
    elif get_origin(hint) is list or is_typeddict(hint):
        more["type"] = Json()
    return click.option(flag, key, **more)


def _plain(hint: Any) -> Any:
    """``hint`` without ``None``."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and type(None) in get_args(hint) else hint
