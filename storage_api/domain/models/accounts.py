"""The records of accounts: a user made for one resource of a portal."""

from dataclasses import MISSING, dataclass

from storage_api.domain.models.accounting import Quota
from storage_api.domain.models.documented import described, size
from storage_api.domain.models.objects import User


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Where and as whom to speak S3. Keys are null unless this answer is to show them."""

    endpoint: str | None = described(
        "S3 endpoint.", example="https://s3.example.org", default=MISSING
    )
    region: str | None = described("S3 region.", example="default")
    access_key: str | None = described("Access key.", example="AKIAEXAMPLE")
    secret_key: str | None = described("Secret key.", example="shown-once")

    def __repr__(self) -> str:
        return f"Connection(endpoint={self.endpoint!r}, access_key={self.access_key!r})"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A user with the connection's data. The secret is there only if this request made the key."""

    user: User = described("The user.", default=MISSING)
    connection: Connection = described("How to reach the buckets.", default=MISSING)


@dataclass(frozen=True, kw_only=True)
class BucketSummary:
    """What one bucket holds."""

    name: str = described("The bucket's name.", example="alice-data", default=MISSING)
    used_bytes: int | None = size("Bytes stored; null is not measured.", example=1_234_567_890)
    used_objects: int | None = described("Objects stored.", example=4711, minimum=0)


@dataclass(frozen=True, kw_only=True)
class StorageSummary:
    """What all of a user's buckets hold; sums are null where a bucket was never measured."""

    bucket_count: int = described("Buckets that the user owns.", example=2, default=MISSING)
    used_bytes: int | None = size("Bytes stored in all.", example=1_234_567_890)
    used_objects: int | None = described("Objects stored in all.", example=4711, minimum=0)
    unmeasured_buckets: int = described("Buckets without a figure.", example=0, default=0)
    buckets: list[BucketSummary] = described("Each bucket.", default=list)


@dataclass(frozen=True, kw_only=True)
class QuotaSummary:
    """A user's limits, and how much of them is used."""

    user: Quota | None = described("Limits over all buckets together.")
    bucket: Quota | None = described("Limits of each bucket that has none of its own.")
    bytes_used_percent: float | None = described(
        "Of the user's max_bytes; null without a limit or a figure.", example=42.5
    )
    objects_used_percent: float | None = described(
        "Of the user's max_objects; null without a limit or a figure.", example=1.2
    )


@dataclass(frozen=True, kw_only=True)
class AccountMetadata:
    """What a portal shows of an account."""

    user: User = described("The user.", default=MISSING)
    connection: Connection = described("How to reach the buckets.", default=MISSING)
    storage: StorageSummary = described("What is stored.", default=MISSING)
    quotas: QuotaSummary = described("The limits.", default=MISSING)
