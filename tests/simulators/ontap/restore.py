"""Bringing a volume back to a snapshot."""

from collections.abc import Callable
from dataclasses import replace

from tests.simulators.ontap.call import Call
from tests.simulators.ontap.errors import OntapError
from tests.simulators.ontap.records import Snapshot, Volume
from tests.simulators.ontap.world import World


def restore(call: Call, volume: Volume) -> Callable[[], None] | None:
    """What a PATCH with ``restore_to`` does, named in the query ([C]) or in the body ([C]).

    Raises:
        OntapError: there is no such snapshot, the volume is offline, or a newer snapshot that
            would go is held.
    """
    chosen = _chosen(call, volume)
    if chosen is None:
        return None
    uuid = chosen.uuid
    _check(call.world, volume, chosen)

    def work() -> None:
        world = call.world
        snapshot = world.snapshots.get(uuid)
        if snapshot is None:
            raise OntapError(524511, "The restore failed: the snapshot is gone.")
        _check(world, world.volume(volume.uuid), snapshot)
        for newer in _newer(world, snapshot):
            del world.snapshots[newer.uuid]
        current = world.volume(volume.uuid)
        left = sum(kept.size for kept in world.snapshots_of(volume.uuid))
        world.put(replace(current, used=snapshot.used, snapshot_used=left))

    return work


def _chosen(call: Call, volume: Volume) -> Snapshot | None:
    keys = ("restore_to.snapshot.name", "restore_to.snapshot.uuid")
    name, uuid = (call.params.option(key) or call.body.text(key) for key in keys)
    if name is None and uuid is None:
        return None
    for snapshot in call.world.snapshots_of(volume.uuid):
        if snapshot.name == name or snapshot.uuid == uuid:
            return snapshot
    raise OntapError(1638600, f'Snapshot "{name or uuid}" was not found.')


def _check(world: World, volume: Volume, snapshot: Snapshot) -> None:
    if volume.state != "online":
        raise OntapError(9437885, f'Volume "{volume.name}" is offline.')
    for newer in _newer(world, snapshot):
        if newer.busy:
            text = f'The newer snapshot "{newer.name}" is locked by {newer.all_owners}.'
            raise OntapError(9437886, text)


def _newer(world: World, snapshot: Snapshot) -> list[Snapshot]:
    siblings = world.snapshots_of(snapshot.volume.uuid)
    return [other for other in siblings if other.position > snapshot.position]
