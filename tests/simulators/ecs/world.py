"""The simulated cluster's state. Whoever reads or writes it holds ``lock``."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime

from tests.simulators.ecs.accounts import Accounts
from tests.simulators.ecs.clock import Clock
from tests.simulators.ecs.errors import EcsError, no_entity, no_user
from tests.simulators.ecs.meter import Meter, Usage
from tests.simulators.ecs.records import (
    Bucket,
    Namespace,
    ObjectUser,
    ReplicationGroup,
    StoragePool,
    Version,
)
from tests.simulators.ecs.settings import Settings


def urn(kind: str, *, everywhere: bool = False) -> str:
    return f"urn:storageos:{kind}:{uuid.uuid4()}:{'global' if everywhere else ''}"


class World:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.settings = settings
        self.clock = clock
        self.accounts = Accounts(settings, clock)
        self.meter = Meter(settings, clock)
        self.vdc = urn("VirtualDataCenterData")
        self.groups: dict[str, ReplicationGroup] = {}
        self.pools: dict[str, StoragePool] = {}
        self.domains: set[str] = set()
        self.namespaces: dict[str, Namespace] = {}
        self._users: dict[tuple[str, str], ObjectUser] = {}
        #: Told of each bucket's namespace, name and whether it is there now: the S3 side follows.
        self.follow_bucket: Callable[[str, str, bool], None] = lambda *_: None
        #: Buckets, by namespace and name, that had been emptied and were removed.
        self.emptied: set[tuple[str, str]] = set()

    def namespace(self, name: str) -> Namespace:
        found = self.namespaces.get(name)
        if found is None:
            raise no_entity(name)
        return found

    def bucket(self, namespace: str, name: str) -> Bucket:
        found = self.namespace(namespace).buckets.get(name)
        if found is None:
            raise no_entity(name)
        return found

    def add_bucket(self, bucket: Bucket) -> None:
        self.namespace(bucket.namespace).buckets[bucket.name] = bucket
        self.emptied.discard((bucket.namespace, bucket.name))
        self.follow_bucket(bucket.namespace, bucket.name, True)

    def remove_bucket(self, bucket: Bucket) -> None:
        del self.namespace(bucket.namespace).buckets[bucket.name]
        self.follow_bucket(bucket.namespace, bucket.name, False)

    def group(self, urn_: str) -> ReplicationGroup:
        found = self.groups.get(urn_)
        if found is None or found.inactive:
            # [?] Which of the codes for troubles with replication groups it is.
            raise EcsError(40005, f"Replication group {urn_} not found")
        return found

    def users(self, namespace: str | None = None) -> Iterator[ObjectUser]:
        return (
            user
            for user in self._users.values()
            if namespace is None or user.namespace == namespace
        )

    def user(self, name: str, namespace: str | None) -> ObjectUser:
        """In the scope GLOBAL the name says enough, but a wrong namespace is no match."""
        for user in self._users.values():
            if user.name == name and namespace in {None, "", user.namespace}:
                return user
        raise no_user(name)

    def name_is_taken(self, name: str, namespace: str) -> bool:
        everywhere = self.settings.user_scope == "GLOBAL"
        return any(user.name == name for user in self.users(None if everywhere else namespace))

    def add_user(self, user: ObjectUser) -> None:
        self._users[user.namespace, user.name] = user

    def remove_user(self, user: ObjectUser) -> None:
        del self._users[user.namespace, user.name]

    def settle(self) -> None:
        """What happened by itself until now."""
        now = self.clock.now()
        for namespace in self.namespaces.values():
            for bucket in list(namespace.buckets.values()):
                self._go_on_emptying(bucket, now)
        for user in self._users.values():
            user.keys = [key for key in user.keys if key.expires is None or key.expires > now]

    def clear(self, bucket: Bucket, *, to_half: bool = False) -> None:
        keep = len(bucket.versions) // 2 if to_half else 0
        while len(bucket.versions) > keep:
            self.drop_version(bucket, bucket.versions[0])
        while bucket.uploads and not to_half:
            upload = bucket.uploads.pop()
            usage = Usage(mpu_size=-upload.size, mpu_parts=-upload.parts)
            self.meter.record(bucket.namespace, bucket.name, usage)

    def drop_version(self, bucket: Bucket, version: Version) -> None:
        bucket.versions.remove(version)
        objects = 0 if version.marker else -1
        self.meter.record(bucket.namespace, bucket.name, Usage(-version.size, objects))

    def _go_on_emptying(self, bucket: Bucket, now: datetime) -> None:
        work = bucket.emptying
        if work is None:
            return
        if not work.halved and work.done(now) >= 0.5:
            self.clear(bucket, to_half=True)
            work.halved = True
        match work.status(now):
            case "FAILED" | "ABORTED":
                work.over = True
            case "DONE":
                self.clear(bucket)
                self.emptied.add((bucket.namespace, bucket.name))
                self.remove_bucket(bucket)
