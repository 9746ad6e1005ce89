"""What every subject of this back-end shares: the client, names, one change at a time."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from storage_api.backends.ecs.client import Ecs
from storage_api.backends.ecs.reading import truth
from storage_api.backends.ecs.settings import EcsOptions
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import BackendError, BackendMisbehaved, Invalid, NotFound
from storage_api.transport.context import current_request_id, seconds_left, serving
from storage_api.transport.replicas import Replicas

_EXTRA_SECONDS = 10.0
_APPEARS_SECONDS = 10.0
_FIRST_PAUSE = 0.1

T = TypeVar("T")


class EcsBase(ABC):
    """Common ground of the mixins that ``EcsStorage`` is put together from."""

    _name: str
    _options: EcsOptions
    _replicas: Replicas

    @property
    @abstractmethod
    def _ecs(self) -> Ecs:
        """This process's client."""

    # Names

    def _namespace(self, namespace: str | None) -> str:
        """The namespace that a path means; raises ``Invalid`` if it means none."""
        named = namespace or self._options.default_namespace
        if named is None:
            raise Invalid("Name the namespace: /namespaces/<namespace>/…; there is no default one.")
        return named

    def _find_namespace(self, name: str) -> Json | None:
        found = self._ecs.find(("object", "namespaces", "namespace", name))
        # One that is marked for deletion may still be shown.
        return None if found is None or truth(found.get("inactive")) else found

    def _namespace_rows(self) -> list[Json]:
        """All of them, without those that are marked for deletion."""
        found = self._ecs.listed(("object", "namespaces"), "namespace")
        return [row for row in found if not truth(row.get("inactive"))]

    def _existing_namespace(self, name: str) -> Json:
        """The namespace as ECS shows it.

        Raises:
            NotFound: there is none.
        """
        found = self._find_namespace(name)
        if found is None:
            raise NotFound(f"There is no namespace {name!r}.")
        return found

    def _find_bucket(self, namespace: str, name: str) -> Json | None:
        return self._ecs.find(("object", "bucket", name, "info"), {"namespace": namespace})

    # One change at a time. Nested in this order only: namespace, user, bucket.

    def _changing_namespace(self, name: str) -> AbstractContextManager[None]:
        return self._replicas.exclusive("ecs-namespace", self._options.origin, name)

    def _changing_user(self, namespace: str, uid: str) -> AbstractContextManager[None]:
        return self._replicas.exclusive("ecs-user", self._options.origin, namespace, uid)

    def _changing_bucket(self, namespace: str, bucket: str) -> AbstractContextManager[None]:
        return self._replicas.exclusive("ecs-bucket", self._options.origin, namespace, bucket)

    @abstractmethod
    def _forget_capacity(self) -> None:
        """A quota has changed, so what is promised has to be added up again."""

    # After a write

    def _appeared(self, look: Callable[[], T | None]) -> T:
        """What was just made: other nodes of ECS may show it some seconds later.

        Raises:
            BackendMisbehaved: it does not appear.
        """
        return self._awaited(look, f"{self._name} does not show what it has just accepted.")

    def _vanished(self, look: Callable[[], object | None]) -> None:
        """What was just removed: the same holds for it.

        Raises:
            BackendMisbehaved: it stays.
        """
        self._awaited(
            lambda: True if look() is None else None,
            f"{self._name} still shows what it says it has removed.",
        )

    @staticmethod
    def _awaited(look: Callable[[], T | None], reproach: str) -> T:
        end = time.monotonic() + _APPEARS_SECONDS
        pause = _FIRST_PAUSE
        while (found := look()) is None:
            if time.monotonic() + pause > end:
                raise BackendMisbehaved(reproach)
            time.sleep(min(pause, seconds_left(pause)))
            pause *= 2
        return found

    @staticmethod
    def _extra_time() -> AbstractContextManager[None]:
        """Looking at what this request did, or undoing it, must not fail for want of its time."""
        return serving(current_request_id() or "read-back", seconds=_EXTRA_SECONDS)

    def _after(self, error: BackendError, look: Callable[[], T]) -> T:
        """What ``look`` finds after a write whose outcome is open; ``error`` if it cannot tell."""
        try:
            with self._extra_time():
                return look()
        except BackendError:
            raise error from None
