"""Makes and unmakes the parts of one allocation, step by step, each recorded."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

import structlog

from storage_api.allocations.entry import Entry, Part
from storage_api.allocations.holdings import of_others
from storage_api.allocations.host import Host
from storage_api.backends.accounting import Holder
from storage_api.backends.allocations import AllocationPlan
from storage_api.domain.capabilities import HolderKind
from storage_api.domain.errors import AlreadyExists, BackendMisbehaved, NotFound, StorageError
from storage_api.domain.models import AllocationState, Connection, NewKey, Quota, Ref
from storage_api.transport.context import current_request_id, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage_api.allocations.store import Store

#: With the seconds that a back-end takes to look at what it did, all ends before the harakiri.
_UNDO_SECONDS = 8.0

T = TypeVar("T")

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
        host, namespace = self._host, self._entry.wish.namespace
        self._begin(Part.NAMESPACE, lambda: host.create_namespace(namespace, plan.namespace))
        self._check_limit(host.set_quota(self._holder, plan.quota), plan)
        self._begin(Part.USER, lambda: host.create_user(self._user, plan.user))
        key = self._fresh_key()
        made = self._begin(Part.BUCKET, lambda: host.create_bucket(self._bucket, plan.bucket))
        self._check_limit(host.get_quota(self._bucket_holder), plan)
        if made.owner != self._user.name:
            raise BackendMisbehaved(
                f"{self._entry.backend} gave the new bucket another owner than was asked for."
            )
        self._entry.state = AllocationState.ACTIVE
        self._entry.detail = None
        self._store.save(self._entry)
        return Connection(
            endpoint=plan.s3_endpoint,
            region=plan.s3_region,
            access_key=key.access_key,
            secret_key=key.secret_key,
        )

    def _begin(self, part: Part, create: Callable[[], tuple[T, bool]]) -> T:
        """Make one part; what somebody else made is not ours to use, nor to undo.

        Raises:
            AlreadyExists: it is somebody else's.
        """
        resumed = part in self._entry.made
        # Whatever is in a namespace that is surely ours is ours if we began to make it.
        ours = resumed and (part is not Part.NAMESPACE or Part.USER in self._entry.made)
        if not resumed:
            self._entry.made.append(part)
            self._store.save(self._entry)
        try:
            found, made = create()
            if not made and not ours:
                self._require_unused(part, resumed=resumed)
        except AlreadyExists:
            if not ours:
                self._entry.made.remove(part)
                self._store.save(self._entry)
            raise
        return found

    def _require_unused(self, part: Part, *, resumed: bool) -> None:
        """A namespace that we may have made in an earlier call holds nothing yet if it is ours."""
        held = of_others(self._host, self._entry.wish) if resumed else f"{part} of that name"
        if held:
            raise AlreadyExists(f"Somebody else made it meanwhile: there is a {held}.")

    def _fresh_key(self) -> NewKey:
        """Keys from before are of calls that never told their secrets to anybody."""
        for key in self._host.list_keys(self._user):
            self._host.delete_key(self._user, key.id or key.access_key)
        return self._host.create_key(self._user)

    def _check_limit(self, found: Quota, plan: AllocationPlan) -> None:
        check_limit(self._entry.backend, found, plan.quota)

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
        had = bool(self._entry.made)
        try:
            with undoing():
                self.unmake()
        except StorageError as error:
            self._entry.state = AllocationState.NEEDS_ATTENTION
            self._entry.detail = f"{reason} Undoing it failed: {error}"
            self._store.save(self._entry)
            reason.args = (self._entry.detail,)
            log.warning("allocation-needs-attention", name=self._entry.name, reason=str(error))
            return
        self._store.remove(self._entry)
        if had:
            reason.args = (f"{reason} What was made was removed again.",)


def undoing() -> AbstractContextManager[None]:
    """Taking back what a request did must not fail for want of its time."""
    return serving(current_request_id() or "undo", seconds=_UNDO_SECONDS)


def namespace_holder(name: str) -> Holder:
    return Holder(HolderKind.NAMESPACE, Ref(None, name))


def bucket_holder(namespace: str, bucket: str) -> Holder:
    return Holder(HolderKind.BUCKET, Ref(namespace, bucket))


def check_limit(backend: str, found: Quota, wanted: Quota) -> None:
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
        raise BackendMisbehaved(f"{backend} took the limit, but shows another one.")
