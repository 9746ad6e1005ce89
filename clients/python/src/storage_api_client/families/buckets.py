"""Buckets, with their quota, usage, lifecycle, policy and CORS."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack, cast

from storage_api_client.families.family import Holders
from storage_api_client.jobs import Job
from storage_api_client.records import (
    Acl,
    Bucket,
    BucketCreate,
    BucketFilters,
    BucketPatch,
    Cors,
    CorsRule,
    Lifecycle,
    LifecycleRule,
)


class Buckets(Holders):
    """``/v3/<e>/buckets``, or the same below a named namespace."""

    def list(self, **filters: Unpack[BucketFilters]) -> Iterator[Bucket]:
        return self._caller.pages(self._path, filters)

    def get(self, name: str, /) -> Bucket:
        return cast("Bucket", self._caller.get(self._at(name)))

    def create(self, name: str, /, **body: Unpack[BucketCreate]) -> Bucket:
        """Make it, or find it just so."""
        return cast("Bucket", self._caller.post(self._at(name), body, repeatable=True))

    def update(self, name: str, /, **body: Unpack[BucketPatch]) -> Bucket:
        return cast("Bucket", self._caller.patch(self._at(name), body))

    def delete(self, name: str, /, *, purge: bool = False) -> Job | None:
        """Delete an empty bucket, or what is in it too: then by a job, unless it is gone."""
        params = {"purge": True} if purge else None
        record = self._caller.delete(self._at(name), params)
        return None if record is None else Job(self._caller, record)

    def acl(self, name: str, /) -> Acl:
        return cast("Acl", self._caller.get(self._at(name, "/acl")))

    def lifecycle(self, name: str, /) -> Lifecycle:
        return cast("Lifecycle", self._caller.get(self._at(name, "/lifecycle")))

    def set_lifecycle(self, name: str, /, rules: Sequence[LifecycleRule]) -> Lifecycle:
        """Replace all rules."""
        body = Lifecycle(rules=[*rules])
        return cast("Lifecycle", self._caller.put(self._at(name, "/lifecycle"), body))

    def delete_lifecycle(self, name: str, /) -> None:
        self._caller.delete(self._at(name, "/lifecycle"))

    def policy(self, name: str, /) -> dict[str, Any]:
        """The document in S3's own language."""
        return self._caller.get(self._at(name, "/policy"))

    def set_policy(self, name: str, /, policy: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the document."""
        path = self._at(name, "/policy")
        return self._caller.put(path, dict(policy))

    def delete_policy(self, name: str, /) -> None:
        self._caller.delete(self._at(name, "/policy"))

    def cors(self, name: str, /) -> Cors:
        return cast("Cors", self._caller.get(self._at(name, "/cors")))

    def set_cors(self, name: str, /, rules: Sequence[CorsRule]) -> Cors:
        """Replace all rules."""
        body = Cors(rules=[*rules])
        return cast("Cors", self._caller.put(self._at(name, "/cors"), body))

    def delete_cors(self, name: str, /) -> None:
        self._caller.delete(self._at(name, "/cors"))
