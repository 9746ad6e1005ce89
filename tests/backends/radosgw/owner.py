"""A customer whose buckets are purged, and somebody who counts the steps of that."""

import json
from typing import Any

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.domain.models import Ref
from storage_api.domain.progress import Progress, WorkStopped
from tests.backends.radosgw.lab import Lab, new_bucket, new_user


class Counted(Progress):
    """Stops the work at the ``stop``-th report of progress, if told to."""

    def __init__(self, stop: int | None = None) -> None:
        self.done = self.total = self._calls = 0
        self.errors: list[str] = []
        self._stop = stop

    def expect(self, more: int) -> None:
        self.total += more

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        self._calls += 1
        if self._calls == self._stop:
            raise WorkStopped

    def report(self, error: str) -> None:
        self.errors.append(error)


class Owner:
    """A user with a bucket, who works on it as customers do."""

    def __init__(self, storage: RadosgwStorage, lab: Lab, **bucket: Any) -> None:
        self.storage = storage
        self.user = new_user(storage)
        self.s3 = lab.s3(storage.create_key(self.user))
        self.bucket = new_bucket(storage, self.user, **bucket)
        self.name = self.bucket.name

    def put(self, key: str, **more: Any) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=b"x", **more)

    def versioned(self) -> None:
        self.s3.put_bucket_versioning(
            Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
        )

    def mark_deleted(self, count: int) -> None:
        """The quickest way to fill a bucket: a delete marker for each of ``count`` keys."""
        self.versioned()
        keys = [{"Key": f"key-{number:05}"} for number in range(count)]
        for start in range(0, count, 1000):
            batch = {"Objects": keys[start : start + 1000], "Quiet": True}
            self.s3.delete_objects(Bucket=self.name, Delete=batch)

    def deny(self, *actions: str, part: str = "") -> None:
        """A policy as only the owner himself can set it, for the bucket or a ``part`` of it."""
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": list(actions),
            "Resource": [f"arn:aws:s3:::{self.name}{part}"],
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.s3.put_bucket_policy(Bucket=self.name, Policy=document)

    def versions(self) -> list[str]:
        page = self.s3.list_object_versions(Bucket=self.name)
        return [row["Key"] for row in page.get("Versions", []) + page.get("DeleteMarkers", [])]


def buckets(lab: Lab, user: Ref) -> list[str]:
    found: list[str] = lab.admin("GET", "bucket", uid=user.name)
    return found
