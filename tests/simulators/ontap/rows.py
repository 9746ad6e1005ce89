"""Records as ONTAP shows them: nested documents, their leaves, and their bytes."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from tests.simulators.ontap.fields import Selection

Document = dict[str, Any]
Leaf = str | int | float | bool
Leaves = dict[str, tuple[Leaf, ...]]

# Encoded forms kept for each record: a test or a benchmark asks for few field lists.
_KEPT = 4


class Row:
    """An unchangeable record; a change makes a new one, so what is computed here stays true."""

    #: Where it stands in a list without ``order_by``.
    position: int

    @property
    def href(self) -> str:
        raise NotImplementedError

    @cached_property
    def document(self) -> Document:
        """Every field that is set; what does not apply is left out."""
        raise NotImplementedError

    @cached_property
    def leaves(self) -> Leaves:
        return flatten(self.document)

    @cached_property
    def _encoded(self) -> "dict[tuple[Selection, bool], bytes]":
        return {}

    def encoded(self, selection: "Selection", *, hal: bool) -> bytes:
        kept = self._encoded
        found = kept.get((selection, hal))
        if found is None:
            document = selection.of(self.document)
            if hal and self.href:
                document["_links"] = {"self": {"href": self.href}}
            found = orjson.dumps(document)
            if len(kept) >= _KEPT:
                kept.clear()
            kept[selection, hal] = found
        return found


class ComputedRow(Row):
    """A record that is made anew for each request."""

    def __init__(self, position: int, href: str, document: Document) -> None:
        self.position = position
        self._href = href
        self._document = document

    @property
    def href(self) -> str:
        return self._href

    @cached_property
    def document(self) -> Document:
        return self._document


def flatten(document: Mapping[str, Any], prefix: str = "") -> Leaves:
    """Values by dotted path; members of arrays stand side by side under one path."""
    leaves: Leaves = {}
    for key, value in document.items():
        path = prefix + key
        if isinstance(value, dict):
            _merge(leaves, flatten(value, f"{path}."))
        elif isinstance(value, list):
            for member in value:
                if isinstance(member, dict):
                    _merge(leaves, flatten(member, f"{path}."))
                else:
                    _merge(leaves, {path: (member,)})
        else:
            leaves[path] = (value,)
    return leaves


def _merge(into: Leaves, more: Leaves) -> None:
    for path, values in more.items():
        into[path] = into.get(path, ()) + values


def nested(leaves: Iterable[tuple[str, Any]]) -> Document:
    """The document with these values at these dotted paths; None, "" and [] are left out."""
    document: Document = {}
    for path, value in leaves:
        if value is None or value in ("", []):
            continue
        *parents, last = path.split(".")
        place = document
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return document
