"""The state of the simulated cluster, and the questions that more than one room asks."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from uuid import UUID

from tests.simulators.ontap.errors import OntapError, malformed_uuid, no_entry
from tests.simulators.ontap.export_records import Policy
from tests.simulators.ontap.jobs import Jobs
from tests.simulators.ontap.query import is_integer
from tests.simulators.ontap.records import Aggregate, Lock, Node, Ref, Snapshot, Svm, Volume
from tests.simulators.ontap.settings import Settings

# Filers show local time with its offset; a client that drops the offset is an hour off.
_ZONE = timezone(timedelta(hours=1))
# Odd and beyond 2**53: a client that reads ids as floating point numbers asks for others.
_FIRST_POLICY_ID = (1 << 53) + 1


class World:
    """Hold ``lock`` around everything; ``settle`` first, then look."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.name = "simulated"
        self.nodes: dict[str, Node] = {}
        self.aggregates: dict[str, Aggregate] = {}
        self.svms: dict[str, Svm] = {}
        self.volumes: dict[str, Volume] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.policies: dict[int, Policy] = {}
        self.locks: dict[str, Lock] = {}
        self.jobs = Jobs()
        #: Deleted volumes whose blocks are still in use, by uuid.
        self.recovery_queue: dict[str, Volume] = {}
        #: When a volume last left a policy.
        self.policy_left: dict[int, float] = {}
        self._random = Random(20)
        self._position = 0
        self._next_policy_id = _FIRST_POLICY_ID
        self.uuid = self.new_uuid()

    def settle(self) -> None:
        self.jobs.settle()
        self.jobs.forget(self.settings.job_expiry_seconds)

    def new_uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def new_position(self) -> int:
        self._position += 1
        return self._position

    def new_policy_id(self) -> int:
        self._next_policy_id += 2
        return self._next_policy_id

    def now(self) -> str:
        return datetime.now(UTC).astimezone(_ZONE).isoformat(timespec="seconds")

    # SVMs

    def svm(self, name: str) -> Svm:
        svm = self.svms.get(name)
        if svm is None:
            raise OntapError(2621462, f'SVM "{name}" does not exist.', target="svm.name")
        return svm

    def svm_by_uuid(self, uuid: str) -> Svm:
        for svm in self.svms.values():
            if svm.uuid == uuid:
                return svm
        raise OntapError(2621462, f'SVM "{uuid}" does not exist.', target="svm.uuid")

    # Volumes

    def volume(self, uuid: str, scope: Svm | None = None) -> Volume:
        """Raises: OntapError: it is absent, or belongs to another SVM than ``scope``."""
        volume = self.volumes.get(check_uuid(uuid))
        if volume is None or (scope is not None and volume.svm.uuid != scope.uuid):
            raise no_entry()
        return volume

    def volume_named(self, svm: str, name: str) -> Volume | None:
        return next(
            (v for v in self.volumes.values() if v.name == name and v.svm.name == svm), None
        )

    def volume_at(self, svm: str, path: str) -> Volume | None:
        """[D] Junction paths are unique without regard to case."""
        return next(
            (
                v
                for v in self.volumes.values()
                if v.path is not None and v.path.lower() == path.lower() and v.svm.name == svm
            ),
            None,
        )

    def put(self, volume: Volume) -> None:
        before = self.volumes.get(volume.uuid)
        if before is not None and before.policy_id != volume.policy_id:
            self.left_policy(before.policy_id)
        self.volumes[volume.uuid] = volume

    def left_policy(self, policy_id: int) -> None:
        """A volume does not use it any more."""
        self.policy_left[policy_id] = time.monotonic()

    def snapshots_of(self, uuid: str) -> list[Snapshot]:
        return [s for s in self.snapshots.values() if s.volume.uuid == uuid]

    def clones_of(self, uuid: str) -> list[Volume]:
        return [v for v in self.volumes.values() if v.clone and v.clone.volume.uuid == uuid]

    # Space

    def used_bytes(self) -> dict[str, int]:
        """What each aggregate has given away, the recovery queue included."""
        used = dict.fromkeys(self.aggregates, 0)
        for volume in self._holders():
            # A clone shares its parent's blocks.
            thick = volume.guarantee == "volume" and volume.clone is None
            total = volume.size if thick else volume.used
            for ref in volume.aggregates:
                used[ref.name] = used.get(ref.name, 0) + total // len(volume.aggregates)
        return used

    def available(self, aggregate: Aggregate, used: dict[str, int] | None = None) -> int:
        given = (self.used_bytes() if used is None else used)[aggregate.name]
        return max(0, aggregate.size - given)

    def _holders(self) -> Iterator[Volume]:
        yield from self.volumes.values()
        yield from self.recovery_queue.values()

    # Export policies

    def policy(self, identifier: str, scope: Svm | None = None) -> Policy:
        policy = self.policies.get(int(identifier)) if is_integer(identifier) else None
        if policy is None or (scope is not None and policy.svm.uuid != scope.uuid):
            raise OntapError(1703954, "The export policy does not exist.", target="policy.id")
        return policy

    def policy_named(self, svm: str, name: str) -> Policy | None:
        return next(
            (p for p in self.policies.values() if p.name == name and p.svm.name == svm), None
        )

    # What happens to a cluster

    def rename_svm(self, old: str, new: str) -> None:
        """[C] After a MetroCluster switch-over an SVM is called ``<name>-mc``."""
        svm = self.svms.pop(old)
        svm.name = new
        self.svms[new] = svm
        ref = svm.ref
        for volume in [v for v in self.volumes.values() if v.svm.uuid == svm.uuid]:
            self.put(replace(volume, svm=ref))
        for snapshot in [s for s in self.snapshots.values() if s.svm.uuid == svm.uuid]:
            self.snapshots[snapshot.uuid] = replace(snapshot, svm=ref)
        for policy in [p for p in self.policies.values() if p.svm.uuid == svm.uuid]:
            self.policies[policy.id] = replace(policy, svm=ref)
        for lock in [held for held in self.locks.values() if held.svm.uuid == svm.uuid]:
            self.locks[lock.uuid] = replace(lock, svm=ref)

    def take_over(self, node: str, partner: str) -> None:
        """``partner`` serves what ``node`` did; the aggregates' home stays."""
        for aggregate in self.aggregates.values():
            if aggregate.node.name == node:
                aggregate.node = self.nodes[partner]
        self._follow_nodes()

    def give_back(self) -> None:
        for aggregate in self.aggregates.values():
            aggregate.node = aggregate.home_node
        self._follow_nodes()

    def _follow_nodes(self) -> None:
        for volume in list(self.volumes.values()):
            self.put(replace(volume, nodes=self.nodes_of(volume.aggregates)))

    def nodes_of(self, aggregates: tuple[Ref, ...]) -> tuple[Ref, ...]:
        refs = [self.aggregates[ref.name].node.ref for ref in aggregates]
        return tuple(dict.fromkeys(refs))


def check_uuid(text: str) -> str:
    try:
        if str(UUID(text)) == text.lower():
            return text.lower()
    except ValueError:
        pass
    raise malformed_uuid(text)
