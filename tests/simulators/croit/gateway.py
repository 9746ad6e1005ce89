"""A real cluster as the simulator's store: croit's door and the gateway's lead to one Ceph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tests.services.ceph import Gateway
from tests.simulators.croit.admin_ops import AdminOps
from tests.simulators.croit.errors import CroitError, Duplicate, not_empty
from tests.simulators.croit.gateway_s3 import Inside, OwnersS3
from tests.simulators.croit.gateway_users import GatewayUsers, limits, quota_of
from tests.simulators.croit.records import (
    Bucket,
    Details,
    Grant,
    Json,
    Listing,
    NewBucket,
    Placement,
    Traffic,
    Upload,
    Usage,
)
from tests.simulators.croit.store import Change


class GatewayStore(GatewayUsers):
    """What concerns a bucket's inside is done as its owner, through S3."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(AdminOps(gateway))
        self._s3 = OwnersS3(gateway.endpoint)
        self.placements = [Placement()]

    def turn(self) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        self._pool.shutdown()
        self._admin.close()
        self._s3.close()

    def buckets(self, owner: str | None = None) -> list[Bucket]:
        rows = self._admin.call("GET", "bucket", uid=owner, stats="true")
        return sorted((_bucket(row) for row in rows), key=lambda row: (row.tenant, row.name))

    def named(self, name: str, owner: str | None) -> list[Bucket]:
        if "/" in name:
            return []  # Admin Ops would take it for a tenant's.
        plain = self._bucket("", name)
        if plain is not None and owner in {None, plain.owner}:
            return [plain]
        return [row for row in self.buckets(owner) if row.name == name]

    def create_bucket(self, new: NewBucket) -> Bucket:
        tenant = self.user(new.owner).tenant
        there = self._bucket(tenant, new.name)
        if there is not None and there.owner != new.owner:
            raise Duplicate(f"bucket {new.name} exists")
        with self._as(new.owner) as s3:
            s3.create_bucket(new.name, new.placement)
        made = self._bucket(tenant, new.name)
        if made is None:
            raise CroitError(500, "the bucket vanished")
        return made

    def change_owner(self, bucket: Bucket, uid: str) -> None:
        self.user(uid)
        self._admin.call("PUT", "bucket", bucket=bucket.path, bucket_id=bucket.id, uid=uid)

    def delete_bucket(self, bucket: Bucket, *, purge: bool) -> None:
        try:
            self._admin.call(
                "DELETE", "bucket", bucket=bucket.path, purge_objects="true" if purge else None
            )
        except CroitError as error:
            if "BucketNotEmpty" in error.message:
                raise not_empty(bucket.name) from None
            raise

    def set_bucket_quota(self, bucket: Bucket, change: Change) -> None:
        """Here the gateway takes KiB only, and needs both limits each time."""
        wanted = limits(change(bucket.quota))
        size = wanted.pop("max_size")
        self._admin.call(
            "PUT",
            "bucket",
            "quota",
            uid=bucket.owner,
            bucket=bucket.name,
            max_size_kb=-1 if size < 0 else size // 1024,
            **wanted,
        )

    def details(self, bucket: Bucket) -> Details:
        with self._as(bucket.owner) as s3:
            return s3.details(bucket.name)

    def set_versioning(self, bucket: Bucket, versioning: str) -> None:
        with self._as(bucket.owner) as s3:
            s3.set_versioning(bucket.name, versioning)

    def set_acl(self, bucket: Bucket, acl: list[Grant]) -> None:
        with self._as(bucket.owner) as s3:
            s3.set_acl(bucket.name, bucket.owner, acl)

    def policy(self, bucket: Bucket) -> Json:
        with self._as(bucket.owner) as s3:
            return s3.policy(bucket.name)

    def set_policy(self, bucket: Bucket, policy: Json) -> None:
        with self._as(bucket.owner) as s3:
            s3.set_policy(bucket.name, policy)

    def delete_policy(self, bucket: Bucket) -> None:
        with self._as(bucket.owner) as s3:
            s3.delete_policy(bucket.name)

    def objects(
        self, bucket: Bucket, prefix: str, *, flat: bool, limit: int, token: str | None
    ) -> Listing:
        with self._as(bucket.owner) as s3:
            return s3.objects(bucket.name, prefix, flat=flat, limit=limit, token=token)

    def delete_object(self, bucket: Bucket, key: str) -> None:
        with self._as(bucket.owner) as s3:
            s3.delete_object(bucket.name, key)

    def uploads(self, bucket: Bucket) -> list[Upload]:
        with self._as(bucket.owner) as s3:
            return s3.uploads(bucket.name)

    def delete_upload(self, bucket: Bucket, upload: Upload) -> None:
        with self._as(bucket.owner) as s3:
            s3.delete_upload(bucket.name, upload)

    def traffic(self, uid: str) -> list[Traffic]:
        found = self._admin.call("GET", "usage", uid=uid, show_summary="False")
        return [
            _traffic(bucket)
            for entry in found["entries"]
            for bucket in entry["buckets"]
            if bucket["bucket"] not in {"", "-"}
        ]

    def trim_traffic(self, uid: str) -> None:
        """Of this user alone: without a uid the gateway forgets everybody's."""
        self._admin.call("DELETE", "usage", uid=uid)

    def _bucket(self, tenant: str, name: str) -> Bucket | None:
        path = f"{tenant}/{name}" if tenant else name
        try:
            return _bucket(self._admin.call("GET", "bucket", bucket=path, stats="true"))
        except CroitError as error:
            if error.status != 404:
                raise
            return None

    @contextmanager
    def _as(self, uid: str) -> Iterator[Inside]:
        with self.key_of(uid) as key, self._s3.session(key) as s3:
            yield s3


def _bucket(row: Json) -> Bucket:
    usage = row["usage"].get("rgw.main")
    return Bucket(
        row["bucket"],
        row["tenant"],
        row["id"],
        row["owner"],
        row["placement_rule"],
        row["mtime"],
        quota_of(row["bucket_quota"]),
        usage and Usage(usage["size"], usage["size_actual"], usage["num_objects"]),
    )


def _traffic(bucket: Json) -> Traffic:
    rows = bucket["categories"]
    return Traffic(
        bucket["bucket"],
        bucket["owner"],
        bucket["epoch"],
        sum(row["bytes_sent"] for row in rows),
        sum(row["bytes_received"] for row in rows),
        sum(row["successful_ops"] for row in rows),
        sum(row["ops"] - row["successful_ops"] for row in rows),
    )
