"""How much space there is, as far as the account may see."""

from storage_api.backends.accounting import CapacityReporter
from storage_api.backends.netapp import mapping_capacity as mapping
from storage_api.backends.netapp.aggregates import Aggregates
from storage_api.backends.volumes import VolumeStore
from storage_api.domain.models import Capacity


class Capacities(Aggregates, VolumeStore, CapacityReporter):
    def get_capacity(self) -> Capacity:
        """Usable space of the aggregates in which the SVM may place volumes.

        Other SVMs may share these aggregates. An account of the SVM sees their free space
        only; one of the cluster also what they have and use. ``allocated_bytes`` adds up
        ``size_total`` of the volumes that are listed here. A figure of which a part is not
        known, for instance because an aggregate or a volume is offline, is not known.
        """
        wanted = {
            "name": self._options.vserver,
            "fields": "aggregates.name,aggregates.available_size",
        }
        svms = self._ontap.records("svm/svms", wanted)
        if not svms:
            self._check_svm()
        cluster = self._cluster_aggregates(mapping.FIELDS)
        return mapping.capacity_record(svms, cluster, self.list_volumes())
