"""The records of allocations: a namespace with its quota, owner, key and bucket, made as one."""

from dataclasses import MISSING, dataclass
from datetime import datetime
from enum import StrEnum

from storage_api.domain.models.accounting import Quota, Usage
from storage_api.domain.models.accounts import Connection
from storage_api.domain.models.documented import described, size


class AllocationState(StrEnum):
    CREATING = "creating"
    ACTIVE = "active"
    DELETING = "deleting"
    NEEDS_ATTENTION = "needs-attention"


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """One allocation. A list gives what is recorded; what the back-end tells is null there."""

    name: str = described("The allocation's name.", example="Smith Lab", default=MISSING)
    namespace: str = described("Its namespace.", example="smith-lab-1f0c9a2b", default=MISSING)
    bucket: str = described("Its bucket.", example="lab-smith-lab-1f0c9a2b-bucket", default=MISSING)
    owner: str = described(
        "User who owns the bucket.", example="smith-lab-1f0c9a2b-owner", default=MISSING
    )
    state: AllocationState = described("How it stands.", example="active", default=MISSING)
    detail: str | None = described("What is wrong or unfinished.", example=None)
    size_bytes: int | None = size("Size that was asked for; null is unlimited.")
    nfs_share: bool = described("Whether it is also served over NFS.", example=False, default=False)
    created: datetime | None = described(
        "When it was asked for (RFC 3339).", example="2026-11-21T04:05:06Z"
    )
    quota: Quota | None = described("The namespace's limits as the back-end holds them.")
    bucket_quota: Quota | None = described("The bucket's limits as the back-end holds them.")
    usage: Usage | None = described("What the namespace stores.")


@dataclass(frozen=True, kw_only=True)
class NewAllocation(Allocation):
    """With the owner's key, whose secret no later answer repeats."""

    connection: Connection | None = described(
        "Where and as whom to speak S3; null if this request made no key."
    )
