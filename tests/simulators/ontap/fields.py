"""Which fields a record has, which of them are dear, and what ``fields=`` selects."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.simulators.ontap.errors import bad_value
from tests.simulators.ontap.rows import Document

Version = tuple[int, ...]
Trie = dict[str, Any]


@dataclass(frozen=True)
class Schema:
    """The fields of one kind of record, as dotted paths.

    ``dear`` ones (a path stands for all below it) come only when they are named: [D].
    ``unset`` ones are known, but the simulator never has a value for them.
    ``since`` tells from which release on a field is known.
    """

    key: str
    identity: tuple[str, ...]
    leaves: tuple[str, ...]
    dear: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    since: tuple[tuple[str, Version], ...] = ()

    def leaves_of(self, version: Version) -> frozenset[str]:
        hidden = tuple(path for path, since in self.since if version < since)
        return frozenset(leaf for leaf in self.leaves if not _under(leaf, hidden))

    def knows(self, path: str, version: Version) -> bool:
        """Whether ``path`` is a field, or a parent of fields."""
        return _under(path, self.unset) or any(
            _under(leaf, (path,)) for leaf in self.leaves_of(version)
        )

    def has_leaf(self, path: str, version: Version) -> bool:
        return path in self.leaves_of(version) or _under(path, self.unset)


class Selection:
    """The fields of an answer."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._trie: Trie = {}
        for path in paths:
            *parents, last = path.split(".")
            place = self._trie
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = None

    def of(self, document: Document) -> Document:
        return _project(document, self._trie)


@lru_cache(maxsize=64)
def select(
    schema: Schema, fields: str | None, version: Version, *, instance: bool, ignore_unknown: bool
) -> Selection:
    """What ``fields`` asks for; ``instance`` when one record is read by its key.

    Without ``fields`` a list shows who the records are, and one record its cheap fields ([I]).
    """
    leaves = schema.leaves_of(version)
    chosen = set(schema.identity)
    names = [name.strip() for name in (fields or "").split(",") if name.strip()]
    if instance and not names:
        names = ["*"]
    for name in names:
        if name == "**":
            chosen |= leaves
        elif name == "*":
            chosen |= {leaf for leaf in leaves if not _under(leaf, schema.dear)}
        elif schema.knows(name, version):
            chosen |= {leaf for leaf in leaves if _named(leaf, name, schema.dear)}
        elif not ignore_unknown:
            raise bad_value("fields", name)
    return Selection(sorted(chosen & leaves))


def _named(leaf: str, name: str, dear: tuple[str, ...]) -> bool:
    """A parent's name brings the dear fields below it only when the parent itself is dear."""
    if not _under(leaf, (name,)):
        return False
    groups = [group for group in dear if _under(leaf, (group,))]
    return not groups or _under(name, tuple(groups))


def _under(path: str, parents: tuple[str, ...]) -> bool:
    return any(path == parent or path.startswith(f"{parent}.") for parent in parents)


def _project(document: Document, trie: Trie) -> Document:
    chosen: Document = {}
    for key, below in trie.items():
        value = document.get(key)
        if value is None:
            continue
        if below is None:
            chosen[key] = value
        elif isinstance(value, list):
            members = [_project(member, below) for member in value]
            chosen[key] = [member for member in members if member]
        else:
            inner = _project(value, below)
            if inner:
                chosen[key] = inner
    return chosen
