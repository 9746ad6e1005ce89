"""What is recorded of an allocation, from before its first step on."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage_api.backends.allocations import AllocationWish
from storage_api.domain.models import AllocationState


class Part(StrEnum):
    """What an allocation is made of, in the order in which it is made."""

    NAMESPACE = "namespace"
    USER = "user"
    BUCKET = "bucket"


@dataclass
class Entry:
    """One allocation of one back-end.

    ``made`` are the parts that this allocation began to make: a part is added before the call
    that makes it, so that after a crash nothing of ours is taken for somebody else's.
    """

    backend: str
    wish: AllocationWish
    created: datetime
    state: AllocationState = AllocationState.CREATING
    detail: str | None = None
    made: list[Part] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.wish.name

    @property
    def is_whole(self) -> bool:
        """Whether no part is missing."""
        return set(self.made) == set(Part)
