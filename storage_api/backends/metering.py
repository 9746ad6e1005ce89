"""What a back-end offers that can measure everybody's usage in few calls, or knows its past.

The sampler asks it instead of walking over every bucket, user and namespace.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage_api.backends.accounting import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSample:
    """What a holder stored at a moment; that counts until its next sample, or the next pass.

    ``holder.ref.namespace`` is the namespace as records show it: ``None`` is the nameless one,
    and never stands for a default. ``at`` is aware. ``used_bytes`` ``None`` means that it could
    not be measured. ``owner`` is a bucket's. ``lasted`` is for how long a history says that this
    was so; ``None`` is a figure of this moment only, which counts until the next pass.
    """

    holder: Holder
    at: datetime
    used_bytes: int | None
    used_objects: int | None
    owner: str | None = None
    lasted: timedelta | None = None


class UsageSampler(ABC):
    @abstractmethod
    def sample_usage(self, since: datetime | None) -> Iterable[UsageSample]:
        """Everybody's usage: one sample for each holder, or the points of a series.

        ``since`` is when the last pass that was kept began; ``None``: there was none. Points
        may be older than that, and come again in later passes: a moment of a holder that is
        known already is kept as it is, unless it was unmeasured.

        Every holder that exists must be there at least once, with ``None`` where it cannot be
        measured: one that is left out counts as deleted. What one holder's figure costs in
        errors is for the back-end to turn into ``None``; an error that is raised, also in the
        middle, ends the pass, and nothing of it is kept.

        Raises:
            BackendError: not even a list of the holders can be had.
        """
