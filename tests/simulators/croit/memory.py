"""A cluster that is not there: everything in memory, nothing behind an S3 endpoint."""

from __future__ import annotations

import secrets
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from tests.simulators.croit.clock import Clock, iso
from tests.simulators.croit.errors import Duplicate, has_buckets, missing, not_empty
from tests.simulators.croit.memory_users import MemoryUsers
from tests.simulators.croit.records import (
    Bucket,
    Details,
    Grant,
    Json,
    Listing,
    NewBucket,
    Quota,
    StoredObject,
    Traffic,
    Upload,
    Usage,
)
from tests.simulators.croit.store import Change


@dataclass
class _Held:
    """A bucket and what is in it."""

    bucket: Bucket
    versioning: str = "OFF"
    acl: list[Grant] = field(default_factory=list)
    policy: Json | None = None
    objects: dict[str, StoredObject] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)


class MemoryStore(MemoryUsers):
    """Statistics of a bucket exist from the first object on."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.RLock()
        self._held: dict[tuple[str, str], _Held] = {}
        self._traffic: list[Traffic] = []

    def turn(self) -> AbstractContextManager[object]:
        return self._lock

    def close(self) -> None:
        """Nothing is open."""

    def delete_user(self, uid: str) -> None:
        self.user(uid)
        if self.buckets(uid):
            raise has_buckets()
        del self._users[uid]

    def buckets(self, owner: str | None = None) -> list[Bucket]:
        rows = (held.bucket for _, held in sorted(self._held.items()))
        return [row for row in rows if owner in {None, row.owner}]

    def named(self, name: str, owner: str | None) -> list[Bucket]:
        return [row for row in self.buckets(owner) if row.name == name]

    def create_bucket(self, new: NewBucket) -> Bucket:
        owner = self.user(new.owner)
        there = self._held.get((owner.tenant, new.name))
        if there is not None:
            if there.bucket.owner != new.owner:
                raise Duplicate(f"bucket {new.name} exists")
            return there.bucket
        bucket = Bucket(
            new.name,
            owner.tenant,
            secrets.token_hex(8),
            new.owner,
            new.placement or owner.default_placement or self.placements[0].name,
            iso(self._clock.now()),
            Quota(),
            None,
        )
        grant = Grant("SINGLE_USER", "FULL_CONTROL", owner.uid, owner.name)
        self._held[owner.tenant, new.name] = _Held(bucket, acl=[grant])
        return bucket

    def change_owner(self, bucket: Bucket, uid: str) -> None:
        tenant = self.user(uid).tenant
        if tenant != bucket.tenant and (tenant, bucket.name) in self._held:
            raise Duplicate(f"bucket {bucket.name} exists")
        held = self._held.pop((bucket.tenant, bucket.name))
        held.bucket = replace(held.bucket, owner=uid, tenant=tenant)
        self._held[tenant, bucket.name] = held

    def delete_bucket(self, bucket: Bucket, *, purge: bool) -> None:
        if self._of(bucket).objects and not purge:
            raise not_empty(bucket.name)
        del self._held[bucket.tenant, bucket.name]

    def set_bucket_quota(self, bucket: Bucket, change: Change) -> None:
        held = self._of(bucket)
        held.bucket = replace(held.bucket, quota=change(held.bucket.quota))

    def details(self, bucket: Bucket) -> Details:
        held = self._of(bucket)
        return Details([], held.acl, held.versioning)

    def set_versioning(self, bucket: Bucket, versioning: str) -> None:
        self._of(bucket).versioning = versioning

    def set_acl(self, bucket: Bucket, acl: list[Grant]) -> None:
        self._of(bucket).acl = acl

    def policy(self, bucket: Bucket) -> Json:
        found = self._of(bucket).policy
        if found is None:
            raise missing("policy of bucket", bucket.name)
        return found

    def set_policy(self, bucket: Bucket, policy: Json) -> None:
        self._of(bucket).policy = policy

    def delete_policy(self, bucket: Bucket) -> None:
        self._of(bucket).policy = None

    def put_object(self, bucket: Bucket, key: str, size: int) -> None:
        held = self._of(bucket)
        held.objects[key] = StoredObject(key, size, iso(self._clock.now()), secrets.token_hex(16))
        self._measure(held)

    def objects(
        self, bucket: Bucket, prefix: str, *, flat: bool, limit: int, token: str | None
    ) -> Listing:
        rows: list[StoredObject] = []
        prefixes: list[str] = []
        for key, row in sorted(self._of(bucket).objects.items()):
            if not key.startswith(prefix) or (token is not None and key <= token):
                continue
            folder, slash, _ = key[len(prefix) :].partition("/")
            if slash and not flat:
                if prefix + folder + slash not in prefixes:
                    prefixes.append(prefix + folder + slash)
                continue
            if len(rows) == limit:
                return Listing(rows, prefixes, rows[-1].key if rows else None)
            rows.append(row)
        return Listing(rows, prefixes, None)

    def delete_object(self, bucket: Bucket, key: str) -> None:
        held = self._of(bucket)
        if held.objects.pop(key, None):
            self._measure(held)

    def uploads(self, bucket: Bucket) -> list[Upload]:
        return list(self._of(bucket).uploads.values())

    def begin_upload(self, bucket: Bucket, key: str) -> Upload:
        upload = Upload(key, secrets.token_hex(8), iso(self._clock.now()))
        self._of(bucket).uploads[upload.upload_id] = upload
        return upload

    def delete_upload(self, bucket: Bucket, upload: Upload) -> None:
        self._of(bucket).uploads.pop(upload.upload_id, None)

    def seed_traffic(self, row: Traffic) -> None:
        self._traffic.append(row)

    def traffic(self, uid: str) -> list[Traffic]:
        return [row for row in self._traffic if row.owner == uid]

    def trim_traffic(self, uid: str) -> None:
        self._traffic = [row for row in self._traffic if row.owner != uid]

    def _of(self, bucket: Bucket) -> _Held:
        held = self._held.get((bucket.tenant, bucket.name))
        if held is None:
            raise missing("bucket", bucket.name)
        return held

    def _measure(self, held: _Held) -> None:
        sizes = [row.size for row in held.objects.values()]
        actual = sum(-(-size // 4096) * 4096 for size in sizes)
        held.bucket = replace(held.bucket, usage=Usage(sum(sizes), actual, len(sizes)))
