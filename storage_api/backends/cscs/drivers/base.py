"""What the reconciler asks of a storage system."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage_api.domain.errors import BackendMisbehaved, Conflict
from storage_api.domain.models import Quota


class PathCollision(Conflict):
    """Something at the path is not the resource's own; nothing was touched."""

    slug = "path-collision"


class ItemRefused(BackendMisbehaved):
    """The storage system works, but not for this very item."""

    slug = "item-refused"


class DeletePolicy(StrEnum):
    """What becomes of the data of a terminated resource."""

    ARCHIVE = "archive"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True)
class Wanted:
    """How a resource is to be: ``resource`` is its dashed UUID, ``path`` its mount point.

    A ``quota`` of ``None``, a limit of ``None`` and one of 0 all mean: not enforced. A
    ``uid`` of ``None`` leaves the owner alone.
    """

    resource: str
    path: str
    gid: int
    mode: int
    quota: Quota | None
    uid: int | None = None


class Driver(ABC):
    """One storage system. Every method may be called again after any failure.

    All raise ``Invalid`` for a path that no resource may have, ``PathCollision`` before they
    touch anything that is not the resource's own, ``ItemRefused`` where the system takes other
    items but not this one, and any other ``BackendError`` when it is ill or refuses us.
    """

    @abstractmethod
    def provide(self, wanted: Wanted, *, new: bool) -> Quota | None:
        """Make it so and return the limits now in force; unknown or unsupported ones are None.

        A repeat finishes what a former call began, and otherwise changes nothing.

        Raises:
            NotFound: it does not exist and is not ``new``.
            Conflict: a limit would fall below what is in use.
        """

    @abstractmethod
    def remove(self, resource: str, path: str, policy: DeletePolicy) -> None:
        """Take it away as ``policy`` says. What is gone already is no error."""

    @abstractmethod
    def differences(self, wanted: Sequence[Wanted]) -> Mapping[str, list[str]]:
        """By resource, in words, what is not as wanted; changes nothing, raises for no item."""


#: Bytes and inodes; ``None`` where nothing is known or limited.
Numbers = tuple[int | None, int | None]


def lowered_limits(before: Quota, after: Quota) -> Numbers:
    """Of the hard limits of ``after``, those that allow less than ``before`` did."""
    return (
        _lowered(before.max_bytes, after.max_bytes),
        _lowered(before.max_objects, after.max_objects),
    )


def refuse_below_use(limits: Numbers, used: Numbers) -> None:
    """Raise ``Conflict`` where more is in use than ``limits`` allow, or nobody knows how much."""
    for limit, taken in zip(limits, used, strict=True):
        if limit is not None and (taken is None or taken > limit):
            raise Conflict("A limit cannot be lowered below what is in use.")


def _lowered(before: int | None, after: int | None) -> int | None:
    """0 and None are no limit."""
    return after if after and (not before or after < before) else None
