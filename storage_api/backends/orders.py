"""The families of storage that a portal orders: the CSCS document, and orders.

Names arrive checked (``domain.names``). Every method may raise a ``BackendError``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.models import GidCache, Order, Quota, Volume


class TooManyWait(BackendUnavailable):
    """As many as may wait for the portal do so already."""


@dataclass(frozen=True)
class ResourceFilter:
    """What a list is narrowed to; all of it must hold. ``data_type`` is in lower case.

    ``storage_system`` is a configured name, ``state`` the portal's own word for what
    ``status`` says in the document's.
    """

    storage_system: str | None = None
    state: str | None = None
    data_type: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class ResourceSelection:
    """The items that a filter keeps, each encoded as JSON already.

    ``skipped`` is the JSON list of what could not be shown, and why. ``age`` is the time in
    seconds since the portal was asked. ``warnings`` say what is not as good as it should be:
    they go into ``Warning`` headers.
    """

    items: Sequence[bytes]
    skipped: bytes
    age: float
    warnings: Sequence[str] = ()


class StorageResourceSource(ABC):
    @property
    @abstractmethod
    def storage_systems(self) -> Mapping[str, str]:
        """The offering's slug of each storage system."""

    @abstractmethod
    def select_resources(self, wanted: ResourceFilter, *, afresh: bool) -> ResourceSelection:
        """The hierarchy of tenants, customers, projects and users, parents first.

        The same question is answered from memory for a short while; ``afresh`` asks the portal.
        """

    @abstractmethod
    def explain_resources(self, wanted: ResourceFilter) -> Mapping[str, Any]:
        """What an operator needs to understand the list, as it is now.

        The configuration, the offerings and the portal's own rows, all without secrets.
        """

    @abstractmethod
    def gid_statistics(self) -> GidCache:
        """How the lookup of Unix groups goes."""


class OrderStore(ABC):
    """What a provider does about orders. Each call may be repeated: what is so already is done."""

    @abstractmethod
    def list_orders(self, volume: str) -> list[Order]:
        """The volume's open order, or none.

        Raises:
            NotFound: there is no such volume.
        """

    @abstractmethod
    def approve_order(self, volume: str, order: str, applied: Quota | None) -> Order:
        """Take the order on; ``applied`` are the limits that were really set.

        Raises:
            NotFound: there is no such volume, or it has no such order.
            Conflict: the order waits for somebody else, or has failed or been refused.
        """

    @abstractmethod
    def reject_order(self, volume: str, order: str, reason: str) -> Order:
        """Refuse the order.

        Raises:
            NotFound: there is no such volume, or it has no such order.
            Conflict: it has been taken on already, or waits for somebody else.
        """

    @abstractmethod
    def complete_order(self, volume: str, order: str) -> Order:
        """Say that the work is done.

        Raises:
            NotFound: there is no such volume, or it has no such order.
            Conflict: it has not been taken on, or has failed.
        """

    @abstractmethod
    def fail_order(self, volume: str, order: str, message: str, traceback: str) -> Order:
        """Say that the work has failed.

        Raises:
            NotFound: there is no such volume, or it has no such order.
            Conflict: it has not been taken on, or is done.
        """

    @abstractmethod
    def set_backend_id(self, volume: str, path: str) -> Volume:
        """Say where the volume really is; it has another name afterwards.

        Raises:
            NotFound: there is no such volume.
            Conflict: another volume is there.
        """

    @abstractmethod
    def set_applied(self, volume: str, quota: Quota | None, mode: str | None) -> Volume:
        """Say which limits and permissions are really set; others stay as they are.

        Raises:
            NotFound: there is no such volume.
        """
