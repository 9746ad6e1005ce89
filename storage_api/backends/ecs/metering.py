"""Everybody's usage in few calls: billing tells of all of a namespace's buckets together."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from storage_api.backends.accounting import Holder
from storage_api.backends.ecs import mapping_usage as mapping
from storage_api.backends.ecs.mapping_namespaces import name_of
from storage_api.backends.ecs.reading import text
from storage_api.backends.ecs.usage import Usages
from storage_api.backends.ecs.wire import Json
from storage_api.backends.metering import UsageSample, UsageSampler
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import BackendError, NotFound
from storage_api.domain.models import Ref, Usage

#: A figure that ECS measured longer ago says nothing about now.
_TOO_OLD = timedelta(days=1)


class Metering(Usages, UsageSampler):
    def sample_usage(self, since: datetime | None) -> Iterator[UsageSample]:  # noqa: ARG002  # as it is now
        """Three calls for each namespace, more only where it has more than a page of buckets.

        The moment is that of asking: what ECS measured some minutes ago is what it knows now. What
        no sample has seen yet, or billing fails to tell, is unmeasured.
        """
        for row in self._namespace_rows():
            namespace = name_of(row)
            try:
                buckets = self._ecs.listed(
                    ("object", "bucket"), "object_bucket", {"namespace": namespace}
                )
            except NotFound:  # the namespace went meanwhile
                continue
            yield from self._samples(namespace, buckets)

    def _samples(self, namespace: str, buckets: list[Json]) -> Iterator[UsageSample]:
        asked = datetime.now(UTC)
        whole, single = self._measured(namespace, with_buckets=bool(buckets))
        if whole is None:
            return
        yield _sample(Holder(HolderKind.NAMESPACE, Ref(None, namespace)), asked, whole)
        for row in buckets:
            name = name_of(row)
            usage = single.get(name, mapping.never_measured())
            holder = Holder(HolderKind.BUCKET, Ref(namespace, name))
            yield _sample(holder, asked, usage, text(row.get("owner")))

    def _measured(
        self, namespace: str, *, with_buckets: bool
    ) -> tuple[Usage | None, dict[str, Usage]]:
        """The namespace's usage, ``None`` if it went meanwhile, and its buckets' by name."""
        single: dict[str, Usage] = {}
        try:
            whole = self.get_usage(Holder(HolderKind.NAMESPACE, Ref(None, namespace)))
        except NotFound:
            return None, single
        except BackendError:
            return mapping.never_measured(), single
        if with_buckets:
            with suppress(BackendError):
                single = self._bucket_usages(namespace)
        return whole, single


def _sample(holder: Holder, asked: datetime, usage: Usage, owner: str | None = None) -> UsageSample:
    outdated = usage.measured_at is None or asked - usage.measured_at > _TOO_OLD
    return UsageSample(
        holder=holder,
        at=asked,
        used_bytes=None if outdated else usage.used_bytes,
        used_objects=None if outdated else usage.used_objects,
        owner=owner,
    )
