"""Replication groups by name: ECS itself knows them by URN, and lets two have one name."""

from abc import abstractmethod
from typing import NamedTuple

from storage_api.backends.ecs.base import EcsBase
from storage_api.backends.ecs.reading import checked, text, truth
from storage_api.backends.ecs.wire import Json
from storage_api.domain.errors import Conflict, Invalid
from storage_api.transport.shared import Shared


class Group(NamedTuple):
    """A replication group; what is inactive takes no new namespaces and buckets."""

    urn: str
    name: str
    is_active: bool


Groups = list[Group]

#: They change once in a cluster's life; one that is new is found at once all the same.
LAST_SECONDS = 600.0


class ReplicationGroups(EcsBase):
    @property
    @abstractmethod
    def _groups(self) -> Shared[Groups]:
        """All groups, as they were at most ten minutes ago."""

    def _group_id(self, name: str) -> str:
        """The URN of the group called just so.

        Raises:
            Invalid: there is none.
            Conflict: there are several.
        """
        found = self._ids_of(name)
        if not found:
            self._groups.forget()
            found = self._ids_of(name)
        if not found:
            raise Invalid(f"There is no replication group {name!r}.")
        if len(found) > 1:
            raise Conflict(f"There are {len(found)} replication groups called {name!r}.")
        return found[0]

    def _group_name(self, urn: str | None) -> str | None:
        """``None`` also for a group that our account does not see."""
        if urn is None:
            return None
        found = self._names()
        if urn not in found:
            self._groups.forget()
            found = self._names()
        return found.get(urn)

    def _names(self) -> dict[str, str]:
        return {group.urn: group.name for group in self._groups.get()[0]}

    def _group_for(self, wanted: str | None, namespace: Json | None = None) -> str | None:
        """The URN: of the request's group, else the namespace's default, else the configured.

        Raises:
            Invalid, Conflict: as ``_group_id``.
        """
        if wanted is not None:
            return self._group_id(wanted)
        default = text((namespace or {}).get("default_data_services_vpool"))
        if default is not None or self._options.replication_group is None:
            return default
        return self._group_id(self._options.replication_group)

    def _ids_of(self, name: str) -> list[str]:
        groups, _ = self._groups.get()
        return [group.urn for group in groups if group.is_active and group.name == name]

    def _fetch_groups(self) -> Groups:
        rows = self._ecs.listed(("vdc", "data-service", "vpools"), "data_service_vpool")
        return [_group(row) for row in rows]


@checked
def _group(row: Json) -> Group:
    urn, name = text(row["id"]), text(row["name"])
    if urn is None or name is None:
        raise ValueError("neither may be empty")
    return Group(urn, name, is_active=not truth(row.get("inactive")))
