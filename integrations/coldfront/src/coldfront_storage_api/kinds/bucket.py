"""A bucket, with an account of its own that owns it.

Whose the bucket is, its owner tells: the service keeps the account's UUID, and adopts no account
that has another one. The tag is for people and for reports; whoever has the key may change it.
"""

from contextlib import suppress
from typing import Any, ClassVar

from coldfront_storage_api import attributes
from coldfront_storage_api.failures import Refused
from coldfront_storage_api.kinds.base import Found, Storage, refuse_shrink
from coldfront_storage_api.kinds.naming import chosen
from coldfront_storage_api.names import slug
from coldfront_storage_api.settings import current
from storage_api_client import Conflict, NotFound, NotSupported

TAG = "storage-api-owner"
#: Of the UUID, at the end of an account's name.
_DIGITS = 8


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
    def place(self) -> str:
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
            place=self.place,
        )

    def _owner(self, bucket: Any) -> Any:
        try:
            return self._home.users.get(bucket["owner"]) if bucket.get("owner") else {}
        except NotFound:
            return {}

    def _refuse_foreign(self, bucket: Any, owner: Any) -> None:
        tagged = (bucket.get("tags") or {}).get(TAG) == self.target.stamp
        if not (self._is_ours(owner) if owner else tagged):
            raise Refused(f"The bucket {self._name!r} exists already and is not this allocation's.")

    def _is_ours(self, user: Any) -> bool:
        digits = self.target.uuid.hex
        if email := user.get("email"):
            # The service keeps an account's stamp there, with all digits of the UUID.
            return digits in email.lower()
        # Where users have no address: the end of the name that the service gives an account.
        return bool(user["name"].endswith(digits[:_DIGITS]))

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
            if account["user"].get("suspended"):
                self.open()
        except Exception:
            if account["connection"].get("secret_key"):
                self._take_back(owner)
            raise
        return self.place

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

    def delete(self) -> None:
        for owner in self._owners():
            held = {bucket["name"] for bucket in self._home.buckets.list(owner=owner)}
            if more := sorted(held - {self._name}):
                raise Refused(
                    f"Its owner has more buckets, such as {more[0]!r}: remove them first."
                )
            with suppress(NotFound):
                self._home.buckets.delete(self._name)
            with suppress(NotFound):
                self._home.users.delete(owner)

    def _owners(self) -> list[str]:
        """The bucket's, or whoever was left of a removal that broke off."""
        if self.find() is not None:
            return [self._owner_name()]
        alike = list(self._home.users.list(name=f"*{self.target.uuid.hex[:_DIGITS]}"))
        users = [self._home.users.get(user["name"]) for user in alike]
        return [user["name"] for user in users if self._is_ours(user)]

    def _owner_name(self) -> str:
        owner: str = self._home.buckets.get(self._name)["owner"]
        return owner
