"""What every subject of this back-end shares: finding volumes, changing one at a time."""

import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from storage_api.backends.netapp import mapping
from storage_api.backends.netapp.client import Json, Ontap
from storage_api.backends.netapp.refusals import amended, code_of
from storage_api.backends.netapp.settings import NetappOptions
from storage_api.domain.errors import (
    BackendError,
    BackendMisbehaved,
    BackendRefused,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Volume
from storage_api.transport.context import current_request_id, serving
from storage_api.transport.replicas import Replicas
from storage_api.transport.shared import Shared

VOLUMES = "storage/volumes"
#: What ONTAP takes as a volume's name.
VOLUME_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,202}")
_NO_SUCH_ENTRY = "4"
_UUID_LASTS_SECONDS = 30.0
_MOST_UUIDS = 50_000
_EXTRA_SECONDS = 10.0

T = TypeVar("T")


class NetappBase(ABC):
    """Common ground of the mixins that ``NetappStorage`` is put together from."""

    _name: str
    _options: NetappOptions
    _replicas: Replicas

    def __init__(self) -> None:
        self._uuids = _Uuids()

    @property
    @abstractmethod
    def _ontap(self) -> Ontap: ...

    @property
    @abstractmethod
    def _all_volumes(self) -> Shared[list[Volume]]:
        """The list that everybody who asks at about the same time shares."""

    def _svm(self) -> dict[str, str]:
        """Keeps any query to our SVM, also where the account sees others."""
        return {"svm.name": self._options.vserver}

    def _check_svm(self) -> None:
        """Ask for our SVM where ONTAP has nothing: it has nothing in an SVM that is gone, too.

        Raises:
            BackendRefused: there is none of the name, or our account does not see it.
        """
        wanted = {"name": self._options.vserver, "fields": "name"}
        if not self._ontap.records("svm/svms", wanted):
            raise BackendRefused(
                f"{self._name} has no SVM of the name in option vserver, or our account does not "
                "see it. After a MetroCluster switch-over the SVM is called <name>-mc."
            )

    # Finding a volume, by its name or by node:/junction/path

    def _find_volume(self, name: str, fields: str) -> Json | None:
        """The volume as ONTAP shows it at this moment; ``None`` also for what we do not show."""
        which = _filter_for(name)
        if which is None:
            return None
        wanted = {
            **self._svm(),
            **which,
            "style": "flexvol",
            "fields": f"{mapping.IDENTITY},{fields}",
        }
        rows = self._ontap.records(VOLUMES, wanted)
        if not rows:
            self._check_svm()
        if len(rows) > 1:
            raise BackendMisbehaved(f"There are several volumes {name!r} in this SVM.")
        if path_of(name) is None and any(row.get("name") != name for row in rows):
            raise BackendMisbehaved(f"{self._name} shows another volume than {name!r}.")
        found = next(iter(mapping.shown(rows)), None)
        if found is None:
            self._uuids.forget(name)
        else:
            self._uuids.keep(name, mapping.uuid_of(found))
        return found

    def _existing_volume(self, name: str, fields: str) -> Json:
        """Raises ``NotFound``."""
        found = self._find_volume(name, fields)
        if found is None:
            raise NotFound(f"There is no volume {name!r}.")
        return found

    def _volume_uuid(self, name: str) -> str:
        """The volume's uuid, as it was at most half a minute ago.

        What destroys anything looks with ``_existing_volume`` instead: the name may have
        become another volume's since.

        Raises:
            NotFound: there is no such volume, or it is restricted.
        """
        uuid = self._uuids.get(name) or self._existing_volume(name, "uuid")["uuid"]
        return str(uuid)

    def _with_volume(self, name: str, use: Callable[[str], T]) -> T:
        """``use(uuid)``, with the uuid looked up once more if there is no such volume any more."""
        uuid = self._volume_uuid(name)
        try:
            return use(uuid)
        except NotFound as error:
            self._uuids.forget(name)
            if code_of(error) != _NO_SUCH_ENTRY or (again := self._volume_uuid(name)) == uuid:
                raise
        return use(again)

    # One change at a time

    @contextmanager
    def _changing_volume(self, name: str) -> Iterator[None]:
        """Nobody else changes the volume meanwhile, under either of its names."""
        own = name
        if path_of(name) is not None:
            own = str(self._existing_volume(name, "name")["name"])
        with self._replicas.exclusive(
            "netapp-volume", self._options.address, self._options.vserver, own
        ):
            try:
                yield
            finally:
                self._all_volumes.forget()

    # After a write

    @staticmethod
    def _told(done: str, look: Callable[[], T]) -> T:
        """What ``look`` finds after a successful write; if it fails, the error says ``done``."""
        try:
            return look()
        except StorageError as error:
            raise amended(error, done) from error

    @staticmethod
    def _after(error: StorageError, look: Callable[[], T]) -> T:
        """What ``look`` finds after a write whose outcome is open; ``error`` if it cannot tell.

        It has some seconds of its own: the request's time may be used up.
        """
        try:
            with serving(current_request_id() or "read-back", seconds=_EXTRA_SECONDS):
                return look()
        except BackendError:
            raise error from None


class _Uuids:
    """Volumes' uuids by name or path, for a short while: either may become another volume's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def get(self, name: str) -> str | None:
        uuid, ends = self._known.get(_key(name), ("", 0.0))
        return uuid if time.monotonic() < ends else None

    def keep(self, name: str, uuid: str) -> None:
        with self._lock:
            if len(self._known) >= _MOST_UUIDS:
                self._known.clear()
            self._known[_key(name)] = (uuid, time.monotonic() + _UUID_LASTS_SECONDS)

    def forget(self, name: str) -> None:
        with self._lock:
            self._known.pop(_key(name), None)


def path_of(name: str) -> str | None:
    """The junction path in ``node:/path``; ``None`` for a plain name."""
    _, separator, rest = name.partition(":/")
    return f"/{rest}" if separator else None


def is_path(text: str) -> bool:
    """Whether ONTAP can have it as a junction path (``..`` would be a range in a query)."""
    return text.startswith("/") and len(text) > 1 and not re.search(r"\.\.|//|/$", text)


def _key(name: str) -> str:
    return path_of(name) or name


def _filter_for(name: str) -> dict[str, str] | None:
    """The query that finds the volume; ``None`` if no volume can be called so."""
    path = path_of(name)
    if path is None:
        return {"name": name} if VOLUME_NAME.fullmatch(name) else None
    return {"nas.path": path} if is_path(path) else None
