"""What a back-end says about allocations; they are made out of its other families."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from storage_api.domain.models import Quota
from storage_api.domain.requests import BucketCreate, NamespaceCreate, UserCreate


@dataclass(frozen=True)
class AllocationWish:
    """An allocation with all names settled. ``size_bytes`` ``None`` is unlimited."""

    name: str
    namespace: str
    bucket: str
    owner: str
    size_bytes: int | None
    domain: str | None = None
    groups: list[str] = field(default_factory=list)
    replication_group: str | None = None
    nfs_share: bool = False


@dataclass(frozen=True)
class AllocationPlan:
    """What each step of making it asks of the back-end, and what the owner is told then."""

    namespace: NamespaceCreate
    quota: Quota
    user: UserCreate
    bucket: BucketCreate
    s3_endpoint: str | None
    s3_region: str | None


class AllocationHost(ABC):
    """Of a back-end that has namespaces with quotas and usage, users and buckets too."""

    @abstractmethod
    def plan_allocation(self, wish: AllocationWish) -> AllocationPlan:
        """Check all that can be checked before anything is made.

        Raises:
            Invalid: a name, the size, a group, the replication group cannot be honoured.
        """
