"""Buckets as their owners see them, through S3; with the owners' secrets, which ECS tells us."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from storage_api.backends.ecs.keys import Keys
from storage_api.backends.ecs.mapping_buckets import identity
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.wire import Json
from storage_api.backends.s3 import S3Bucket, S3Plane
from storage_api.domain.errors import Conflict, NotSupported
from storage_api.transport.gate import Gate
from storage_api.transport.http import TransportSettings

#: ECS takes any.
REGION = "us-east-1"


class Owners(Keys):
    @cached_property
    def _s3(self) -> S3Plane | None:
        """``None`` where the data side is not configured."""
        options = self._options
        if options.s3_endpoint is None:
            return None
        name = f"{self._name}, S3 side"
        settings = TransportSettings(
            name=name,
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            concurrency=options.concurrency,
            verify_tls=options.verify_tls,
            ca_file=options.ca_file,
        )
        return S3Plane(options.s3_endpoint, REGION, settings, Gate(name, options.concurrency))

    def _required_s3(self) -> S3Plane:
        if self._s3 is None:
            raise NotSupported(
                "This is done through S3, and this back-end has no option 's3_endpoint'."
            )
        return self._s3

    def _seen_by_owner(self, row: Json) -> S3Bucket | None:
        """``None`` where that needs a key that there is not: none is made for a look."""
        owner = text(row.get("owner"))
        if self._s3 is None or owner is None:
            return None
        namespace, name = identity(row)
        key = self._usable_key(namespace, owner)
        return self._s3.bucket(key, name) if key is not None else None

    def _readable(self, row: Json) -> S3Bucket:
        self._required_s3()
        seen = self._seen_by_owner(row)
        if seen is None:
            raise Conflict(
                f"Only the bucket's owner, {text(row.get('owner'))!r}, can read this, and he is "
                "suspended, deleted, or without a key that could be used."
            )
        return seen

    @contextmanager
    def _writable(self, row: Json) -> Iterator[S3Bucket]:
        plane = self._required_s3()
        namespace, name = identity(row)
        owner = text(row.get("owner")) or ""
        with self._owner_key(namespace, owner) as key, self._changing_bucket(namespace, name):
            yield plane.bucket(key, name)
