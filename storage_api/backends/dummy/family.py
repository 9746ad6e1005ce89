"""What the families share: the store, the clock, and what a missing thing is called."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from storage_api.backends.dummy.kinds import Kind
from storage_api.backends.dummy.store import Store
from storage_api.backends.dummy.transaction import View
from storage_api.domain.errors import NotFound
from storage_api.domain.models import Ref

T = TypeVar("T")


class Family:
    """Base of every family: works on the store that the back-end sets."""

    _store: Store


def now() -> datetime:
    """In whole seconds, which is all that v3's clients can read."""
    return datetime.now(UTC).replace(microsecond=0)


def require(view: View, kind: Kind[T], ref: Ref) -> T:
    """The record; raises ``NotFound``."""
    found = view.get(kind, ref)
    if found is None:
        raise NotFound(f"There is no {kind.name.replace('-', ' ')} {str(ref)!r}.")
    return found


def some(names: Sequence[str], most: int) -> str:
    """The first ``most`` names, and how many there are."""
    shown = ", ".join(names[:most]) + (", …" if len(names) > most else "")
    return f"{shown} ({len(names)} in all)"


def differing(record: object, wanted: dict[str, Any]) -> list[str]:
    """The keys whose value in ``record`` is not the wanted one."""
    return [key for key, value in wanted.items() if getattr(record, key) != value]
