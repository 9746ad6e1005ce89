"""Makes and unmakes the parts of one allocation, step by step, each recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from storage_api.allocations.entry import Entry, Part
from storage_api.allocations.host import Host
from storage_api.backends.accounting import Holder
from storage_api.backends.allocations import AllocationPlan
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import AlreadyExists, BackendMisbehaved, NotFound, StorageError
from storage_api.domain.models import AllocationState, Connection, NewKey, Quota, Ref

if TYPE_CHECKING:
    from storage_api.allocations.store import Store

log = structlog.get_logger(__name__)


class Maker:
    """Works on one entry, which its caller holds alone."""

    def __init__(self, store: Store, host: Host, entry: Entry) -> None:
        self._store = store
        self._host = host
        self._entry = entry
        wish = entry.wish
        self._user = Ref(wish.namespace, wish.owner)
        self._bucket = Ref(wish.namespace, wish.bucket)
        self._holder = namespace_holder(wish.namespace)

    def make(self, plan: AllocationPlan) -> Connection:
        """Make what is not there yet; what an earlier call began is finished.

        Raises:
            StorageError: a step failed; ``Entry.made`` says how far it came.
        """
        self._make_namespace(plan)
        check_limit(self._host.set_quota(self._holder, plan.quota), plan.quota)
        self._begin(Part.USER)
        self._host.create_user(self._user, plan.user)
        key = self._fresh_key()
        self._begin(Part.BUCKET)
        made, _ = self._host.create_bucket(self._bucket, plan.bucket)
        check_limit(self._host.get_quota(self._bucket_holder), plan.quota)
        if made.owner != self._user.name:
            raise BackendMisbehaved("The new bucket has another owner than was asked for.")
        self._entry.state = AllocationState.ACTIVE
        self._entry.detail = None
        self._store.save(self._entry)
        return Connection(
            endpoint=plan.s3_endpoint,
            region=plan.s3_region,
            access_key=key.access_key,
            secret_key=key.secret_key,
        )

    def _make_namespace(self, plan: AllocationPlan) -> None:
        resumed = Part.NAMESPACE in self._entry.made
        self._begin(Part.NAMESPACE)
        _, made = self._host.create_namespace(self._entry.wish.namespace, plan.namespace)
        if not made and not resumed:
            # Somebody made it since we looked: it is not ours to use, nor to undo.
            self._entry.made.remove(Part.NAMESPACE)
            self._store.save(self._entry)
            raise AlreadyExists(f"The namespace {self._entry.wish.namespace!r} exists already.")

    def _fresh_key(self) -> NewKey:
        """Keys from before are of calls that never told their secrets to anybody."""
        for key in self._host.list_keys(self._user):
            self._host.delete_key(self._user, key.id or key.access_key)
        return self._host.create_key(self._user)

    def _begin(self, part: Part) -> None:
        if part not in self._entry.made:
            self._entry.made.append(part)
            self._store.save(self._entry)

    @property
    def _bucket_holder(self) -> Holder:
        return bucket_holder(self._entry.wish.namespace, self._entry.wish.bucket)

    def unmake(self) -> None:
        """Remove the parts in reverse; what still holds something stays, with all before it.

        Raises:
            StorageError: a part cannot be removed; those after it are gone and recorded so.
        """
        for part in reversed(Part):
            if part in self._entry.made:
                self._remove(part)
                self._entry.made.remove(part)
                self._store.save(self._entry)

    def _remove(self, part: Part) -> None:
        try:
            match part:
                case Part.BUCKET:
                    self._host.delete_bucket(self._bucket)
                case Part.USER:
                    self._host.delete_user(self._user)
                case Part.NAMESPACE:
                    self._host.delete_namespace(self._entry.wish.namespace)
        except NotFound:
            return

    def undo(self, reason: StorageError) -> None:
        """After a failure for good: remove everything, or say that somebody must look."""
        try:
            self.unmake()
        except StorageError as error:
            self._entry.state = AllocationState.NEEDS_ATTENTION
            self._entry.detail = f"{reason} Undoing it failed: {error}"
            self._store.save(self._entry)
            log.warning("allocation-needs-attention", name=self._entry.name, reason=str(error))
            return
        self._store.remove(self._entry)


def namespace_holder(name: str) -> Holder:
    return Holder(HolderKind.NAMESPACE, Ref(None, name))


def bucket_holder(namespace: str, bucket: str) -> Holder:
    return Holder(HolderKind.BUCKET, Ref(namespace, bucket))


def check_limit(found: Quota, wanted: Quota) -> None:
    """What is set may be rounded up; it must never be less, nor none where one was asked for.

    Raises:
        BackendMisbehaved: it is.
    """
    fits = (
        found.max_bytes is None
        if wanted.max_bytes is None
        else found.max_bytes is not None and found.max_bytes >= wanted.max_bytes
    )
    if not fits:
        raise BackendMisbehaved("The back-end took the limit, but shows another one.")
