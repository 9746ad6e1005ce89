"""What every kind of storage can do for one resource of one allocation.

A method that asks the service may raise ``ApiError`` as well as what it names. That something is
absent is believed only where the service itself says so (``NotFound``): a refused credential, a
failure and a time-out are none of it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from coldfront_storage_api.failures import Misconfigured, Refused
from coldfront_storage_api.selection import Target
from storage_api_client import Client, NotFound

#: What an archive keeps at least.
_LEAST = 2**30


@dataclass(frozen=True)
class Found:
    """The storage as it is. ``limit`` and ``used`` are bytes; ``None`` is unlimited or unknown."""

    limit: int | None
    used: int | None
    closed: bool
    place: str


class Storage(ABC):
    """``name`` is what ``identity`` recorded, or ``None`` before anything was made."""

    #: Families that the back-end must have.
    needs: ClassVar[frozenset[str]]
    #: What the fork's reviewers may ask for on top.
    options: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, client: Client, target: Target, recorded: str | None) -> None:
        self.client = client
        self.target = target
        self.recorded = recorded
        self.backend = client.backend(target.endpoint)

    @cached_property
    def families(self) -> frozenset[str]:
        """What the back-end can do.

        Raises:
            Misconfigured: the service has no such back-end.
        """
        try:
            told = self.backend.state()
        except NotFound:
            raise Misconfigured(
                f"The storage service has no back-end {self.target.endpoint!r}."
            ) from None
        return frozenset(told["capabilities"])

    def check(self) -> None:
        """Raises ``Misconfigured`` if the back-end cannot serve this kind."""
        missing = sorted(self.needs - self.families)
        if missing:
            raise Misconfigured(
                f"The back-end {self.target.endpoint!r} has no {', '.join(missing)}, which "
                f"storage_api_kind {self.target.kind} needs."
            )

    @property
    @abstractmethod
    def identity(self) -> str:
        """What to record before anything is made: by this the storage is found again.

        Raises:
            Refused: no name can be made.
        """

    @property
    def intent(self) -> str:
        """What to record before it is made, as far as it can be known by then."""
        return self.identity

    @property
    @abstractmethod
    def place(self) -> str | None:
        """Where users find it, if it is known."""

    @abstractmethod
    def find(self) -> Found | None:
        """The storage if it is there and complete.

        Raises:
            Refused: there is something of that name that is not this allocation's.
        """

    @abstractmethod
    def make(self, size: int, options: frozenset[str] = frozenset()) -> str:
        """Make it with a limit of ``size`` bytes, finish what is half made; answers its place.

        Raises:
            Refused: somebody else has the name, or an option cannot be honoured.
        """

    @abstractmethod
    def resize(self, size: int, found: Found) -> None:
        """Raises ``Refused`` where more is stored than ``size``, or nobody knows how much."""

    @abstractmethod
    def close(self) -> None:
        """Keep everything and let nobody in; a repeat changes nothing."""

    @abstractmethod
    def open(self) -> None:
        """Let users in again; a repeat changes nothing."""

    def archive(self, found: Found) -> None:
        """Let nobody in, and give back the space that is not used. Nothing is destroyed."""
        self.close()
        if found.used is not None:
            least = max(found.used, _LEAST)
            if found.limit is None or least < found.limit:
                self.resize(least, found)

    @abstractmethod
    def delete(self) -> None:
        """Remove it if it is ours, whole or half made, unless it holds something; gone is done.

        Raises:
            Refused: it holds something, or is not ours.
        """

    def refuse_half(self) -> None:
        """Raises ``Refused`` where ``find`` finds nothing, but there are parts that may be used."""
        return

    def refuse_options(self, options: frozenset[str]) -> None:
        """Raises ``Refused`` if one cannot be honoured."""
        if foreign := sorted(options - self.options):
            raise Refused(f"A {self.target.kind} cannot have {', '.join(foreign)}.")


def refuse_shrink(size: int, found: Found) -> None:
    """Raises ``Refused`` where more is stored than ``size``, or nobody knows how much."""
    if found.limit is not None and size >= found.limit:
        return
    if found.used is None:
        raise Refused("How much is stored is not known, so the limit is not lowered.")
    if size < found.used:
        raise Refused(f"{found.used} bytes are stored, more than the limit of {size} would allow.")
