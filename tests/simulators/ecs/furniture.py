"""What tests put into the simulated cluster, and look up there, without its API."""

from dataclasses import replace

from tests.simulators.ecs.accounts import SYSTEM_ADMIN, Account
from tests.simulators.ecs.bucket_access import refuse_while_emptying
from tests.simulators.ecs.clock import Clock
from tests.simulators.ecs.meter import Usage
from tests.simulators.ecs.records import (
    Bucket,
    Namespace,
    ObjectUser,
    ReplicationGroup,
    StoragePool,
    Upload,
    Version,
)
from tests.simulators.ecs.settings import Settings
from tests.simulators.ecs.world import World, urn


class Furniture:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.world = World(settings, self.clock)

    def add_account(self, name: str, password: str, *roles: str, namespace: str = "") -> Account:
        """A management account: a SYSTEM_ADMIN, unless ``roles`` are given."""
        with self.world.lock:
            account = Account(name, password, roles or (SYSTEM_ADMIN,), namespace)
            return self.world.accounts.add(account)

    def live_tokens(self, name: str) -> int:
        """How many the account has now."""
        with self.world.lock:
            return self.world.accounts.count(name)

    def revoke_tokens(self) -> None:
        """None that was given out so far is good any more."""
        with self.world.lock:
            self.world.accounts.revoke_all()

    def add_storage_pool(
        self, name: str, *, provisioned_gib: int = 100 << 10, data: int = 12, code: int = 4
    ) -> str:
        """Its URN. ``data`` and ``code`` are the blocks of its erasure coding."""
        with self.world.lock:
            pool = StoragePool(urn("VirtualArray"), name, provisioned_gib, data, code)
            self.world.pools[pool.id] = pool
            return pool.id

    def add_replication_group(self, name: str, *, inactive: bool = False) -> str:
        """Its URN; two may have one name. It spans all storage pools that there are."""
        with self.world.lock:
            group = ReplicationGroup(
                urn("ReplicationGroupInfo", everywhere=True),
                name,
                self.clock.now(),
                inactive=inactive,
                pools=[(self.world.vdc, pool) for pool in self.world.pools],
            )
            self.world.groups[group.id] = group
            return group.id

    def add_domain(self, name: str) -> None:
        """An authentication provider's domain, which user mappings may name."""
        with self.world.lock:
            self.world.domains.add(name)

    def namespace(self, name: str) -> Namespace:
        """A copy of its record; its buckets are the live ones.

        Raises:
            EcsError: there is none.
        """
        with self.world.lock:
            self.world.settle()
            return replace(self.world.namespace(name))

    def namespaces(self) -> list[str]:
        with self.world.lock:
            return sorted(self.world.namespaces)

    def bucket(self, namespace: str, name: str) -> Bucket:
        """A copy of its record.

        Raises:
            EcsError: there is none.
        """
        with self.world.lock:
            self.world.settle()
            return replace(self.world.bucket(namespace, name))

    def buckets(self, namespace: str) -> list[str]:
        with self.world.lock:
            self.world.settle()
            return sorted(self.world.namespace(namespace).buckets)

    def users(self, namespace: str) -> list[str]:
        with self.world.lock:
            return sorted(user.name for user in self.world.users(namespace))

    def secrets(self, namespace: str, user: str) -> list[str]:
        """Those that S3 accepts of the object user now: none while it is locked."""
        with self.world.lock:
            self.world.settle()
            found: ObjectUser = self.world.user(user, namespace)
            return [] if found.locked else [key.secret for key in found.keys]

    def put_object(self, namespace: str, bucket: str, size: int, key: str = "object") -> None:
        """As a client of S3 would. With versioning what had the key before stays.

        Raises:
            EcsError: no such bucket, or it is being emptied.
        """
        with self.world.lock:
            found = self._writable(namespace, bucket)
            if found.versioning != "Enabled":
                self._drop(found, key)
            found.versions.append(Version(key, size))
            self.world.meter.record(namespace, bucket, Usage(size, 1))

    def delete_object(self, namespace: str, bucket: str, key: str = "object") -> None:
        """With versioning all versions stay, below a delete marker.

        Raises:
            EcsError: no such bucket, or it is being emptied.
        """
        with self.world.lock:
            found = self._writable(namespace, bucket)
            if found.versioning == "Enabled":
                found.versions.append(Version(key, 0, marker=True))
            else:
                self._drop(found, key)

    def delete_versions(self, namespace: str, bucket: str) -> None:
        """All objects with all their versions and markers, and all open uploads.

        Raises:
            EcsError: no such bucket, or it is being emptied.
        """
        with self.world.lock:
            self.world.clear(self._writable(namespace, bucket))

    def open_upload(
        self, namespace: str, bucket: str, size: int, *, parts: int = 1, key: str = "object"
    ) -> None:
        """A multipart upload that nobody completes.

        Raises:
            EcsError: no such bucket, or it is being emptied.
        """
        with self.world.lock:
            self._writable(namespace, bucket).uploads.append(Upload(key, size, parts))
            self.world.meter.record(namespace, bucket, Usage(mpu_size=size, mpu_parts=parts))

    def stall_metering(self) -> None:
        """Its figures stand still from now on."""
        with self.world.lock:
            self.world.meter.stalled_at = self.clock.now()

    def resume_metering(self) -> None:
        with self.world.lock:
            self.world.meter.stalled_at = None

    def _writable(self, namespace: str, name: str) -> Bucket:
        self.world.settle()
        bucket = self.world.bucket(namespace, name)
        refuse_while_emptying(bucket)
        return bucket

    def _drop(self, bucket: Bucket, key: str) -> None:
        for version in [version for version in bucket.versions if version.key == key]:
            self.world.drop_version(bucket, version)
