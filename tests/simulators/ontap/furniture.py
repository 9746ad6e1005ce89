"""What tests put into a filer, or look at in it, without going through its API."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.simulators.ontap import snapshots, volume_writes
from tests.simulators.ontap.changes import rounded
from tests.simulators.ontap.errors import OntapError
from tests.simulators.ontap.export_records import Policy, Rule
from tests.simulators.ontap.exports import DEFAULT
from tests.simulators.ontap.records import Aggregate, Lock, Node, Snapshot, Svm, Volume
from tests.simulators.ontap.rules import check_match
from tests.simulators.ontap.settings import Settings
from tests.simulators.ontap.sizing import SMALLEST
from tests.simulators.ontap.work import policy_called
from tests.simulators.ontap.world import World

_GIB = 1 << 30
_TIB = 1 << 40
_NODES = ("node-a", "node-b")


class Furniture:
    """Volumes are named within ``svm``, the first SVM, unless another is given.

    ``aggr1`` and ``aggr2`` are on two nodes, ``aggr0_a`` and ``aggr0_b`` are the nodes' roots.
    """

    def __init__(self, settings: Settings, svm: str, aggregate_bytes: int) -> None:
        self.settings = settings
        self.world = World(settings)
        self.svm = svm
        for place, name in enumerate(_NODES):
            self.world.nodes[name] = Node(name, self.world.new_uuid())
            letter = "ab"[place]
            self.add_aggregate(f"aggr0_{letter}", node=name, size=_TIB, root=True)
            self.add_aggregate(f"aggr{place + 1}", node=name, size=aggregate_bytes)
        self.add_svm(svm)

    # Around volumes

    def add_aggregate(
        self, name: str, *, node: str = _NODES[0], size: int = _TIB, root: bool = False
    ) -> Aggregate:
        world = self.world
        with world.lock:
            home = world.nodes[node]
            position = world.new_position()
            aggregate = Aggregate(name, world.new_uuid(), size, home, home, position, root)
            world.aggregates[name] = aggregate
            return aggregate

    def add_svm(self, name: str, aggregates: Sequence[str] | None = ("aggr1", "aggr2")) -> Svm:
        """With its export policy ``default``; ``aggregates`` None: none are assigned."""
        world = self.world
        with world.lock:
            assigned = None if aggregates is None else list(aggregates)
            svm = Svm(name, world.new_uuid(), world.new_position(), assigned)
            world.svms[name] = svm
            self.add_policy(DEFAULT, svm=name)
            return svm

    def add_policy(self, name: str, rules: Sequence[str] = (), *, svm: str = "") -> Policy:
        """``rules`` are client matches, one for each rule."""
        world = self.world
        with world.lock:
            made = tuple(
                Rule(index, (check_match(match),), ("sys",), ("sys",), ("sys",), ("nfs",), "0")
                for index, match in enumerate(rules, 1)
            )
            owner = world.svm(svm or self.svm).ref
            policy = Policy(world.new_policy_id(), name, owner, world.new_position(), made)
            world.policies[policy.id] = policy
            return policy

    def policy(self, name: str, *, svm: str = "") -> Policy:
        """Raises: KeyError: there is none."""
        with self.world.lock:
            policy = self.world.policy_named(svm or self.svm, name)
        if policy is None:
            raise KeyError(name)
        return policy

    # Volumes

    def add_volume(
        self,
        name: str,
        *,
        svm: str = "",
        size: int = _GIB,
        path: str | None = "",
        policy: str = DEFAULT,
        aggregates: Sequence[str] = ("aggr1",),
        state: str = "online",
        **more: Any,
    ) -> Volume:
        """A volume in any condition, however odd; none of ONTAP's checks apply.

        ``path`` "" is ``/name``, None is not mounted. ``aggregates`` may be empty, or hold a
        node's root. ``more`` are fields of ``records.Volume``: used, reserve, compression,
        caching_policy, style, svm_root, autosize, create_time, …
        """
        world = self.world
        with world.lock:
            owner = world.svm(svm or self.svm)
            refs = tuple(world.aggregates[name].ref for name in aggregates)
            blank = volume_writes.blank(world, owner, name, rounded(size) or 0, refs)
            used = policy_called(world, owner.name, policy)
            mounted = f"/{name}" if path == "" else path
            volume = replace(
                blank,
                path=mounted if state in {"online", "mixed"} else None,
                state=state,
                policy=used.name,
                policy_id=used.id,
                **more,
            )
            world.put(volume)
            return volume

    def add_flexgroup(self, name: str, **more: Any) -> Volume:
        both = ("aggr1", "aggr2")
        return self.add_volume(name, style="flexgroup", aggregates=both, **more)

    def add_root_volume(self, svm: str = "") -> Volume:
        owner = svm or self.svm
        return self.add_volume(f"{owner}_root", svm=owner, path="/", svm_root=True)

    def seed_volumes(self, count: int, *, svm: str = "") -> None:
        """``vol00000`` and on, mounted at ``/vol00000`` …, the same each time."""
        with self.world.lock:
            for number in range(count):
                volume = self.add_volume(
                    f"vol{number:05}",
                    svm=svm,
                    size=_GIB + number * 4096,
                    aggregates=(("aggr1", "aggr2")[number % 2],),
                    used=SMALLEST + number * 4096,
                    compression="both" if number % 3 else "none",
                    reserve=(0, 5, 20)[number % 3],
                    guarantee="none",
                )
                # The first list must not pay for them.
                assert volume.leaves

    def volume(self, name: str, *, svm: str = "") -> Volume:
        """As it is now, with the jobs that are due done.

        Raises:
            KeyError: there is none.
        """
        with self.world.lock:
            self.world.settle()
            volume = self.world.volume_named(svm or self.svm, name)
        if volume is None:
            raise KeyError(name)
        return volume

    def volumes(self, *, svm: str = "") -> list[Volume]:
        with self.world.lock:
            self.world.settle()
            owner = svm or self.svm
            return [volume for volume in self.world.volumes.values() if volume.svm.name == owner]

    def change_volume(self, name: str, *, svm: str = "", **fields: Any) -> Volume:
        """Set ``fields`` of ``records.Volume``, without ONTAP's checks."""
        with self.world.lock:
            volume = replace(self.volume(name, svm=svm), **fields)
            self.world.put(volume)
            return volume

    def remove_volume(self, name: str, *, svm: str = "") -> None:
        """As another administrator does."""
        with self.world.lock:
            volume_writes.remove(self.world, self.volume(name, svm=svm), force=True)

    # Inside volumes

    def add_snapshot(self, volume: str, name: str, *, svm: str = "", **more: Any) -> Snapshot:
        """``more`` are fields of ``records.Snapshot``: owners, size, create_time, locked, …"""
        world = self.world
        with world.lock:
            parent = self.volume(volume, svm=svm)
            fields = {"create_time": world.now(), "used": parent.used, **more}
            snapshot = Snapshot(
                uuid=world.new_uuid(),
                name=name,
                volume=parent.ref,
                svm=parent.svm,
                position=world.new_position(),
                **fields,
            )
            snapshots.add(world, snapshot)
            return snapshot

    def snapshots(self, volume: str, *, svm: str = "") -> list[Snapshot]:
        with self.world.lock:
            return self.world.snapshots_of(self.volume(volume, svm=svm).uuid)

    def add_lock(self, volume: str, client_address: str, *, svm: str = "", **more: Any) -> Lock:
        """An NFS client holds a lock; ``more`` are fields of ``records.Lock``."""
        world = self.world
        with world.lock:
            held = self.volume(volume, svm=svm)
            uuid, position = world.new_uuid(), world.new_position()
            lock = Lock(uuid, held.ref, held.svm, client_address, position, **more)
            world.locks[uuid] = lock
            return lock

    def locks(self, volume: str, *, svm: str = "") -> list[Lock]:
        with self.world.lock:
            uuid = self.volume(volume, svm=svm).uuid
            return [lock for lock in self.world.locks.values() if lock.volume.uuid == uuid]

    # What happens to a filer

    def set_available(self, aggregate: str, available: int) -> None:
        """Make the aggregate so large that ``available`` bytes of it are free."""
        with self.world.lock:
            used = self.world.used_bytes()[aggregate]
            self.world.aggregates[aggregate].size = used + available

    def fail_next_job(self, code: int | str, message: str, *, times: int = 1) -> None:
        """The next jobs do nothing and end in failure."""
        with self.world.lock:
            self.world.jobs.fail_next(OntapError(code, message), times)

    def take_over(self, node: str, partner: str) -> None:
        """``partner`` serves what ``node`` did; the aggregates' home stays."""
        with self.world.lock:
            self.world.take_over(node, partner)

    def give_back(self) -> None:
        with self.world.lock:
            self.world.give_back()

    def empty_recovery_queue(self) -> None:
        """Free the blocks of volumes that were deleted without ``force``."""
        with self.world.lock:
            self.world.recovery_queue.clear()
