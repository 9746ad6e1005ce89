"""One back-end: its families as attributes."""

from collections.abc import Iterator
from typing import Any, Literal, cast

from storage_api_client.caller import Caller
from storage_api_client.families.allocations import Allocations
from storage_api_client.families.buckets import Buckets
from storage_api_client.families.exports import Exports
from storage_api_client.families.namespaces import Namespaces
from storage_api_client.families.storage_resources import BackendStorageResources
from storage_api_client.families.users import Users
from storage_api_client.families.volumes import Locks, Orders, Snapshots, Volumes
from storage_api_client.records import Capacity, MeteredUsage, Subsystem
from storage_api_client.transport import Request

Kind = Literal["bucket", "user", "namespace"]


class Scope:
    """Buckets and users in one namespace, named or the default one."""

    def __init__(self, caller: Caller, path: str) -> None:
        self.buckets = Buckets(caller, f"{path}/buckets")
        self.users = Users(caller, f"{path}/users")


class Backend(Scope):
    """One back-end, by its name; a family that it lacks raises ``NotSupported`` when used."""

    def __init__(self, caller: Caller, name: str) -> None:
        self.name = name
        self._caller = caller
        self._path = path = "/v3" + caller.name(name)
        super().__init__(caller, path)
        self.volumes = Volumes(caller, f"{path}/volumes")
        self.exports = Exports(caller, f"{path}/export")
        self.namespaces = Namespaces(caller, f"{path}/namespaces")
        self.allocations = Allocations(caller, f"{path}/allocations")
        self.storage_resources = BackendStorageResources(caller, f"{path}/storage-resources")

    def __repr__(self) -> str:
        return f"<Backend {self.name}>"

    def snapshots(self, volume: str) -> Snapshots:
        return Snapshots(self._caller, self.volumes.below(volume, "/snapshots"))

    def locks(self, volume: str) -> Locks:
        return Locks(self._caller, self.volumes.below(volume, "/locks"))

    def orders(self, volume: str) -> Orders:
        return Orders(self._caller, self.volumes.below(volume, "/orders"))

    def in_namespace(self, namespace: str) -> Scope:
        """The buckets and users of a named namespace."""
        return Scope(self._caller, f"{self._path}/namespaces{self._caller.name(namespace)}")

    def capacity(self) -> Capacity:
        """The back-end's space."""
        return cast("Capacity", self._caller.get(f"{self._path}/capacity"))

    def state(self) -> Subsystem:
        """Its class, capabilities, and how its last probe went."""
        return cast(
            "Subsystem", self._caller.get(f"/conf/subsystems{self._caller.name(self.name)}")
        )

    def usage(  # noqa: PLR0913  # the query's own parameters
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        unit: str | None = None,
        kind: Kind | None = None,
        name: str | None = None,
        owner: str | None = None,
    ) -> Iterator[MeteredUsage]:
        """What everybody used over a period, as it is billed; this month if none is given.

        ``since`` and ``until`` are moments, days (``2026-11-05``) or months (``2026-11``).
        """
        query = {"from": since, "to": until, "unit": unit, "kind": kind, "name": name}
        return self._caller.pages(f"{self._path}/usage", {**query, "owner": owner})

    def usage_plot(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        unit: str | None = None,
        kind: Kind | None = None,
        name: str | None = None,
    ) -> bytes:
        """The same as a picture, SVG."""
        query: dict[str, Any] = {"from": since, "to": until, "unit": unit, "kind": kind}
        given = {key: value for key, value in {**query, "name": name}.items() if value is not None}
        request = Request("GET", f"{self._path}/usage.svg", params=given)
        return self._caller.transport.send(request).content
