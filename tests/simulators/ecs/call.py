"""One call, understood: who, where, what; and the form of an answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.ecs import body
from tests.simulators.ecs.accounts import Account
from tests.simulators.ecs.errors import forbidden, invalid, missing
from tests.simulators.ecs.settings import Settings
from tests.simulators.ecs.world import World

_DIGITS = 10


@dataclass
class Reply:
    """``root`` is the name of the document's element where XML is asked for."""

    root: str
    document: Any
    status: int = 200
    #: Already JSON, and nothing else.
    raw: bytes | None = None


@dataclass
class Call:
    world: World
    account: Account
    token: str
    query: dict[str, str]
    content: bytes
    content_type: str
    names: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.world.settings

    def body(self, shape: body.Shape) -> dict[str, Any]:
        return body.read(self.content, self.content_type, shape)

    def namespace(self, given: str | None = None) -> str:
        """The one that is ``given`` or in the query, or else the account's own.

        Raises:
            EcsError: there is none, or it is another's.
        """
        name = given or self.query.get("namespace") or self.account.namespace
        if not name:
            raise missing("namespace")
        self.enter(name)
        return name

    def enter(self, namespace: str) -> None:
        """A namespace's admin has no business in another one."""
        if not self.account.everywhere and namespace != self.account.namespace:
            raise forbidden()

    def flag(self, name: str) -> bool:
        """[?] Only ``true`` in lower case counts."""
        return self.query.get(name) == "true"

    def number(self, name: str, default: int, *, least: int = 1) -> int:
        text = self.query.get(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) < _DIGITS) or int(text) < least:
            raise invalid(name, text)
        return int(text)


#: None is an answer without a body.
Handler = Callable[[Call], Reply | None]


def required(fields: dict[str, Any], *names: str) -> None:
    for name in names:
        if fields.get(name) in (None, "", []):
            raise missing(name)
