"""How much space there is, as far as the account may see."""

from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.netapp import mapping_capacity as mapping
from storage_api.backends.netapp.base import NetappBase
from storage_api.backends.netapp.client import Json
from storage_api.backends.netapp.refusals import code_of
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.errors import BackendRefused
from storage_api.domain.models import Capacity

_FORBIDDEN = frozenset({"6", "6691623"})


class Capacities(NetappBase, VolumeStore, CapacityReporter):
    def get_capacity(self) -> Capacity:
        """Usable space of the aggregates in which the SVM may place volumes.

        Other SVMs may share these aggregates. An account of the SVM sees their free space
        only; one of the cluster also what they have and use. ``allocated_bytes`` adds up
        ``size_total`` of the volumes that are listed here. A figure of which a part is not
        known, for instance because an aggregate is offline, is not known.
        """
        assigned = self._assigned_aggregates()
        sizes = [volume.size_total for volume in self.list_volumes()]
        return mapping.capacity_record(assigned, self._cluster_aggregates(), sizes)

    def _assigned_aggregates(self) -> list[Json]:
        """Those that are assigned to the SVM; empty if it may use any."""
        wanted = {
            "name": self._options.vserver,
            "fields": "aggregates.name,aggregates.available_size",
        }
        rows = self._ontap.records("svm/svms", wanted)
        return [aggregate for row in rows for aggregate in row.get("aggregates") or []]

    def _cluster_aggregates(self) -> list[Json] | None:
        """``None`` if our account may not see them."""
        try:
            return self._ontap.records("storage/aggregates", {"fields": mapping.FIELDS})
        except BackendRefused as refusal:
            if code_of(refusal) in _FORBIDDEN:
                return None
            raise
