"""The families that count: quotas, usage, capacity.

Every method may raise a ``BackendError``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from storage_api.domain.capabilities import HolderKind
from storage_api.domain.models import Capacity, Quota, Ref, Usage


@dataclass(frozen=True)
class Holder:
    """What a quota or a usage figure belongs to.

    For a namespace ``ref`` is ``Ref(None, its name)``.
    """

    kind: HolderKind
    ref: Ref


class QuotaStore(ABC):
    #: The kinds of holder on which this back-end really enforces limits.
    quota_holders: ClassVar[frozenset[HolderKind]]

    @abstractmethod
    def get_quota(self, holder: Holder) -> Quota:
        """The limits as the back-end holds them.

        Raises:
            NotFound: there is no such holder.
        """

    @abstractmethod
    def set_quota(self, holder: Holder, quota: Quota) -> Quota:
        """Replace the whole quota and answer what the back-end then says, rounding included.

        Removing a quota is setting one without limits. A repeat changes nothing.

        Raises:
            NotFound: there is no such holder.
            Invalid: a limit that this back-end does not have.
            Conflict: the holder is not ours.
        """


class UsageReporter(ABC):
    #: The kinds of holder for which this back-end measures usage.
    usage_holders: ClassVar[frozenset[HolderKind]]

    @abstractmethod
    def get_usage(self, holder: Holder) -> Usage:
        """What the holder stores; null where it was never measured, never an invented 0.

        Raises:
            NotFound: there is no such holder.
        """


class CapacityReporter(ABC):
    @abstractmethod
    def get_capacity(self) -> Capacity:
        """The whole back-end's space."""
