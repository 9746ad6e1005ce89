"""Aggregates: where a new volume goes, and which node serves it."""

from storage_api.backends.netapp.base import NetappBase
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.mapping import ROOT_AGGREGATE, checked
from storage_api.backends.netapp.refusals import code_of
from storage_api.domain.errors import BackendRefused

_NOT_ALLOWED = frozenset({"6", "6691623"})
_AGGREGATES = "storage/aggregates"


class Aggregates(NetappBase):
    def _roomiest_aggregates(self) -> list[str]:
        """Those on which the SVM may place volumes, the one with most free space first.

        The SVM's own list serves both kinds of account. It has no figures if the SVM may use
        every aggregate; then only an account of the cluster can tell.
        """
        wanted = {
            "name": self._options.vserver,
            "fields": "aggregates.name,aggregates.available_size,aggregates.state",
        }
        assigned = _assigned(self._ontap.records("svm/svms", wanted))
        return assigned or _all(self._cluster_aggregates("state,space.block_storage.available"))

    def _nodes(self) -> dict[str, str]:
        """The node that owns each aggregate now; empty if our account may not know."""
        return _owners(self._cluster_aggregates("node.name"))

    def _cluster_aggregates(self, fields: str) -> list[Json]:
        try:
            return self._ontap.records(_AGGREGATES, {"fields": f"name,{fields}"})
        except BackendRefused as error:
            if code_of(error) not in _NOT_ALLOWED:
                raise
            return []


@checked
def _assigned(svms: list[Json]) -> list[str]:
    rows = [row for svm in svms for row in svm.get("aggregates") or []]
    return _by_space([(row["available_size"], row) for row in rows if "available_size" in row])


@checked
def _all(rows: list[Json]) -> list[str]:
    return _by_space([(row["space"]["block_storage"]["available"], row) for row in rows])


def _by_space(rows: list[tuple[int, Json]]) -> list[str]:
    """Ties go by name; a node's root aggregate takes no volumes."""
    usable = [
        (-free, str(row["name"]))
        for free, row in rows
        if row.get("state", "online") == "online" and not row["name"].startswith(ROOT_AGGREGATE)
    ]
    return [name for _, name in sorted(usable)]


@checked
def _owners(rows: list[Json]) -> dict[str, str]:
    return {row["name"]: row["node"]["name"] for row in rows if "node" in row}
