"""A bucket, with an account of its own that owns it.

Two stamps: the service keeps the account's UUID and adopts no account that has another one, and
the bucket has a tag. Where tags cannot be read, its owner tells.
"""

from typing import Any, ClassVar

from coldfront_storage_api import attributes
from coldfront_storage_api.failures import Refused
from coldfront_storage_api.kinds.base import Found, Storage, refuse_shrink
from coldfront_storage_api.kinds.naming import chosen
from coldfront_storage_api.names import slug
from coldfront_storage_api.settings import current
from storage_api_client import Conflict, NotFound, NotSupported

TAG = "storage-api-owner"
_LEAST = 2**30


class BucketStorage(Storage):
    needs: ClassVar = frozenset({"buckets", "users", "quota", "usage"})

    @property
    def identity(self) -> str:
        """``bucket``, or ``namespace/bucket``."""
        if self.recorded is not None:
            return self.recorded
        name = chosen(self.target, "Bucket")
        namespace = attributes.value(self.target.allocation, "Namespace")
        return f"{namespace}/{name}" if namespace else name

    @property
    def _name(self) -> str:
        return self.identity.rpartition("/")[2]

    @property
    def _home(self) -> Any:
        """The back-end, or the namespace in it."""
        namespace = self.identity.rpartition("/")[0]
        return self.backend.in_namespace(namespace) if namespace else self.backend

    @property
    def _place(self) -> str:
        return self.identity.replace("/", ":")

    def find(self) -> Found | None:
        try:
            bucket = self._home.buckets.get(self._name)
        except NotFound:
            return None
        owner = self._owner(bucket)
        self._refuse_foreign(bucket, owner)
        quota = bucket.get("quota") or self._home.buckets.quota(self._name)
        usage = self._home.buckets.usage(self._name)
        return Found(
            limit=quota.get("max_bytes") if quota.get("enabled", True) else None,
            used=None if usage.get("stale") else usage.get("used_bytes"),
            closed=bool(owner.get("suspended")),
            place=self._place,
        )

    def _owner(self, bucket: Any) -> Any:
        try:
            return self._home.users.get(bucket["owner"]) if bucket.get("owner") else {}
        except NotFound:
            return {}

    def _refuse_foreign(self, bucket: Any, owner: Any) -> None:
        tag = (bucket.get("tags") or {}).get(TAG)
        # The service keeps an account's stamp in its address, with all digits of the UUID.
        account = self.target.uuid.hex in (owner.get("email") or "").lower()
        if tag != self.target.stamp and (tag is not None or not account):
            raise Refused(f"The bucket {self._name!r} exists already and is not this allocation's.")

    def make(self, size: int, options: frozenset[str] = frozenset()) -> str:
        self.refuse_options(options)
        account = self._home.users.create_account(
            organization=f"coldfront-{current().site}",
            project=slug(self.target.allocation.project.title),
            resource_uuid=str(self.target.uuid),
            display_name=self.target.allocation.project.title[:255],
        )
        owner = account["user"]["name"]
        try:
            # An owner may make more buckets through S3: this bounds them all together.
            self._limit_owner(owner, size)
            self._make_bucket(owner, size)
        except Exception:
            if account["connection"].get("secret_key"):
                self._take_back(owner)
            raise
        return self._place

    def _make_bucket(self, owner: str, size: int) -> None:
        try:
            self._home.buckets.create(
                self._name,
                owner=owner,
                quota={"max_bytes": size},
                tags={TAG: self.target.stamp},
            )
        except Conflict:
            # Another process of ours may have been faster; a stranger's is refused.
            if self.find() is None:
                raise

    def _take_back(self, owner: str) -> None:
        """Remove the account that was just made, unless its bucket is there after all."""
        try:
            self._home.users.delete(owner)
        except Exception:  # noqa: BLE001 - what led here is what counts, and is raised
            return

    def _limit_owner(self, owner: str, size: int) -> None:
        try:
            self._home.users.set_quota(owner, max_bytes=size)
        except NotSupported:
            # Where only buckets and namespaces have limits.
            return

    def resize(self, size: int, found: Found) -> None:
        refuse_shrink(size, found)
        self._home.buckets.set_quota(self._name, max_bytes=size)
        self._limit_owner(self._owner_name(), size)

    def close(self) -> None:
        self._home.users.update(self._owner_name(), suspended=True)

    def open(self) -> None:
        self._home.users.update(self._owner_name(), suspended=False)

    def archive(self, found: Found) -> None:
        self.close()
        if found.used is not None and found.limit != max(found.used, _LEAST):
            self.resize(max(found.used, _LEAST), found)

    def delete(self) -> None:
        owner = self._owner_name()
        self._home.buckets.delete(self._name)
        self._home.users.delete(owner)

    def _owner_name(self) -> str:
        owner: str = self._home.buckets.get(self._name)["owner"]
        return owner
