"""What the agent asks of every kind, and how the API is called for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from waldur_site_agent.backend.exceptions import BackendError

from storage_api_client import Client, ConfigurationError, NotFound
from storage_api_client.transport import address
from waldur_site_agent_storage_api.errors import StorageApiUnavailable
from waldur_site_agent_storage_api.names import name_of
from waldur_site_agent_storage_api.settings import Settings

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """In bytes and in pieces; ``None`` is unlimited, or unknown of what is used."""

    max_bytes: int | None = None
    max_objects: int | None = None


class Kind(ABC):
    """Every method raises the client's ``ApiError``."""

    family: ClassVar[str]
    has_keys: ClassVar[bool] = False
    #: Whether the back-end may keep a stamp.
    stamped: ClassVar[bool] = True

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings = settings
        self.client = client

    @property
    def place(self) -> str:
        """Under which names are unique."""
        return "/".join(
            part or "" for part in (self.settings.subsystem, self.family, self.settings.namespace)
        )

    def name(self, resource: Any) -> str:
        """Of what is to be made for a resource of Waldur; the same every time."""
        return name_of(self.settings.kind, self.settings.name_template, resource)

    def find(self, name: str) -> Record | None:
        """The record; ``None`` only when the API says that there is none.

        Raises:
            StorageApiUnavailable: what is not there is the back-end itself, or its namespace.
        """
        try:
            record: Record = self.call("GET", name)
        except NotFound as error:
            self._need_place(error)
            return None
        return record

    def names(self) -> Iterator[str]:
        for record in self.call("GET"):
            yield record["name"]

    @abstractmethod
    def stamp(self, record: Record) -> str | None:
        """The resource that the back-end itself says this was made for; 32 digits."""

    def made_for(self, resource: Any) -> list[str]:
        """Names under which something may stand that was made for the resource."""
        return [self.name(resource)]

    def check(self, limits: Limits) -> None:
        """Raises ``BackendError`` for what cannot be made, before anything is noted or asked."""
        del limits

    @abstractmethod
    def create(self, name: str, resource: Any, limits: Limits) -> Record:
        """Make it, with its stamp and limits; where it exists just so, that one."""

    @abstractmethod
    def limits(self, name: str, record: Record) -> Limits:
        """As the back-end holds them."""

    @abstractmethod
    def set_limits(self, name: str, limits: Limits) -> None: ...

    @abstractmethod
    def used(self, name: str, record: Record) -> Limits: ...

    @abstractmethod
    def details(self, name: str, record: Record) -> dict[str, Any]:
        """How to reach it, for people. No secrets."""

    def delete(self, name: str, *, purge: bool) -> Any:
        """A job where the API made one, to be waited for; else ``None``."""
        return self.call("DELETE", name, params={"purge": "true"} if purge else None)

    @abstractmethod
    def access(self, record: Record) -> dict[str, Any]:
        """What ``restore`` needs to know, read before access is taken away."""

    @abstractmethod
    def downscale(self, name: str) -> bool:
        """Nothing more may be written. False where that cannot be had."""

    @abstractmethod
    def pause(self, name: str) -> bool:
        """No access at all. False where that cannot be had."""

    @abstractmethod
    def restore(self, name: str, kept: Record) -> None:
        """Access as ``kept`` says."""

    def call(self, method: str, *parts: str, json: Any = None, params: Any = None) -> Any:
        """``parts`` go behind the family, each percent-encoded.

        Raises:
            BackendError: one of them is no name.
        """
        try:
            below = address(*parts, slashes=self.family == "volumes")
        except ConfigurationError as error:
            raise BackendError(f"storage-api: {error}") from None
        path = f"{self._root}/{self.family}{below}"
        return self.client.request(method, path, json=json, params=params)

    def _need_place(self, error: NotFound) -> None:
        """Anything taken for gone is forgotten, so a 404 must not be about something else."""
        subsystem, namespace = self.settings.subsystem, self.settings.namespace
        if error.code != "not-found":
            raise StorageApiUnavailable("storage-api: what answers 404 is not the service")
        try:
            state = self.client.request("GET", f"/conf/subsystems/{subsystem}")
            if namespace is not None:
                self.client.request("GET", self._root)
        except NotFound:
            place = subsystem if namespace is None else f"{subsystem}, namespace {namespace}"
            raise StorageApiUnavailable(f"storage-api has no back-end {place}") from None
        if self.family not in state["capabilities"]:
            raise StorageApiUnavailable(f"back-end {subsystem} has no {self.family}")

    @property
    def _root(self) -> str:
        root = "/v3" + address(self.settings.subsystem)
        if self.settings.namespace is None:
            return root
        return root + address("namespaces", self.settings.namespace)
