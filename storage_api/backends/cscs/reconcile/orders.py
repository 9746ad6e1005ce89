"""Carries out one order: the work, then what Waldur is told of it.

Each step first looks whether it is done already. So after a crash, an answer that was lost,
or another reconciler's work, a repeat goes on where things stand.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeVar

import structlog

from storage_api.backends.cscs.applied import applied_options
from storage_api.backends.cscs.client import WaldurClient
from storage_api.backends.cscs.drivers.base import (
    DeletePolicy,
    Driver,
    ItemRefused,
    PathCollision,
)
from storage_api.backends.cscs.mapping import OpenOrder
from storage_api.backends.cscs.quotas import QuotaRules
from storage_api.backends.cscs.reading import Reader
from storage_api.backends.cscs.reconcile.journal import Journal
from storage_api.backends.cscs.reconcile.tasks import Task, read_task
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    StorageError,
)
from storage_api.transport.replicas import Replicas

T = TypeVar("T")

#: After one of these Waldur may or may not have done what it was asked.
_AMBIGUOUS = (Conflict, BackendUnavailable, BackendTimeout, BackendMisbehaved)
#: Others have decided that there is to be nothing.
_ENDED = frozenset({"canceled", "rejected"})

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of one resource in one round."""

    DONE = "done"
    ERRED = "erred"
    LEFT = "left"
    NOTHING = "nothing"


class Failed(Exception):
    """The order cannot be carried out; the text is for those who placed it."""


@dataclass(frozen=True)
class Orders:
    """``waldur`` names the instance, so that two of them never share a lock.

    ``ask_groups`` learns the groups of projects all at once. ``changed`` is told when Waldur
    is to be read anew by whoever keeps what it said.
    """

    waldur: str
    client: WaldurClient
    reader: Reader
    rules: QuotaRules
    driver: Driver
    journal: Journal
    policy: DeletePolicy
    ask_groups: Callable[[Collection[str]], object]
    changed: Callable[[], None]
    replicas: Replicas

    def settle(self, resource: str) -> Outcome:
        """Carry out the open order of ``resource``, if it has one that waits for us.

        Raises:
            StorageError: not now; the order is as it was, or further.
        """
        with self.replicas.exclusive("cscs-reconcile", self.waldur, resource):
            # Anew: another reconciler may have been quicker.
            task = read_task(self.client.get_resource(resource), self.reader, self.rules)
            if task.order is None or not task.waits_for_us:
                return Outcome.NOTHING
            if task.order.type == "Terminate":
                return self._carry_out(task, task.order, self._terminate)
            if task.wanted is None:
                log.warning("order-left", resource=resource, reason=task.problem)
                return Outcome.LEFT
            return self._carry_out(task, task.order, self._provide)

    def _carry_out(
        self, task: Task, order: OpenOrder, work: Callable[[Task, OpenOrder], None]
    ) -> Outcome:
        self._record("begun", task, type=order.type, state=order.state, path=task.path)
        try:
            work(task, order)
            self._advance(order, lambda: self.client.set_order_done(order.uuid), "done")
        except Failed as failure:
            self._give_up(task, order, str(failure))
            return Outcome.ERRED
        finally:
            self.changed()
        self._record("done", task)
        log.info("order-done", resource=task.resource, order=order.uuid, type=order.type)
        return Outcome.DONE

    def _provide(self, task: Task, order: OpenOrder) -> None:
        assert task.wanted is not None  # noqa: S101  # the caller has seen to it
        wanted = task.wanted
        if task.unlimited:
            raise Failed(
                "invalid: 0 TB, or no number, cannot be enforced; it would lift every limit."
            )
        applied = _tried(lambda: self.driver.provide(wanted, new=order.type == "Create"))
        told = asdict(applied) if applied else None
        self._record("provided", task, gid=wanted.gid, mode=f"{wanted.mode:o}", applied=told)
        try:
            self._approve(task, order, applied_options(applied, task.options, self.rules))
        except Conflict:
            self._undo(task, order)
            raise
        if order.type == "Create" and task.backend_id != task.path:
            self.client.set_backend_id(task.resource, task.path)
            self._record("backend-id-set", task, backend_id=task.path)

    def _undo(self, task: Task, order: OpenOrder) -> None:
        """What was made for an order that ended meanwhile must not keep its path taken."""
        state = self.client.get_order(order.uuid).get("state")
        if order.type == "Create" and state in _ENDED:
            self.driver.remove(task.resource, task.path, DeletePolicy.ARCHIVE)
            self._record("undone", task, order_state=state)

    def _terminate(self, task: Task, order: OpenOrder) -> None:
        """Approved first: until then the consumer may still change their mind."""
        self._approve(task, order, {})
        if self.client.get_order(order.uuid).get("state") != "executing":
            raise Conflict("The order is not executing, so nothing is taken away.")
        try:
            _tried(lambda: self.driver.remove(task.resource, task.path, self.policy))
        except Failed as failure:
            if task.backend_id or not isinstance(failure.__cause__, PathCollision):
                raise
            # It was never provided, perhaps because of the very thing that is in its place.
            self._record("nothing-to-remove", task)
            return
        self._record("removed", task, policy=self.policy)

    def _approve(self, task: Task, order: OpenOrder, options: dict[str, object]) -> None:
        if order.state != "pending-provider":
            return
        self._advance(
            order, lambda: self.client.approve_order(order.uuid, options), "executing", "done"
        )
        self._record("approved", task, new_options=options)

    def _give_up(self, task: Task, order: OpenOrder, message: str) -> None:
        """Only an order that is executing can err: Waldur would spoil the resource otherwise."""
        self._approve(task, order, {})
        state = self.client.get_order(order.uuid).get("state")
        if state == "executing":
            self._advance(order, lambda: self.client.set_order_erred(order.uuid, message), "erred")
        self._record("erred", task, message=message, order_state=state)
        log.error("order-erred", resource=task.resource, order=order.uuid, message=message)

    def _advance(self, order: OpenOrder, call: Callable[[], None], *reached: str) -> None:
        """Make ``call``; a failure is none if the order is where it was to be brought."""
        try:
            call()
        except _AMBIGUOUS:
            if self.client.get_order(order.uuid).get("state") not in reached:
                raise

    def _record(self, step: str, task: Task, **facts: object) -> None:
        order = task.order.uuid if task.order else None
        self.journal.record(step, resource=task.resource, order=order, **facts)


def _tried(work: Callable[[], T]) -> T:
    """The storage system's part; what another round could not mend is ``Failed``.

    A system that is ill says nothing about the order, which is tried again in the next round.
    """
    try:
        return work()
    except StorageError as error:
        if isinstance(error, BackendError) and not isinstance(error, ItemRefused):
            raise
        raise Failed(f"{error.slug}: {error}") from error
