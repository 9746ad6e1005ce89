"""/storage/volumes/{uuid}/snapshots."""

import re
from dataclasses import replace

from tests.simulators.ontap.call import Call, Started, one
from tests.simulators.ontap.errors import OntapError, malformed_uuid, missing, no_entry
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection
from tests.simulators.ontap.records import Snapshot, Volume
from tests.simulators.ontap.work import Task, start
from tests.simulators.ontap.world import World, check_uuid

SCHEMA = Schema(
    key="uuid",
    identity=("uuid", "name"),
    leaves=(
        "uuid",
        "name",
        "volume.name",
        "volume.uuid",
        "svm.name",
        "svm.uuid",
        "create_time",
        "size",
        "state",
        "comment",
        "owners",
        "delta.size_consumed",
        "reclaimable_space",
    ),
    dear=("delta", "reclaimable_space"),
    unset=(
        "compress_savings",
        "dedup_savings",
        "expiry_time",
        "logical_size",
        "provenance_volume",
        "snaplock",
        "snaplock_expiry_time",
        "snapmirror_label",
        "vbn0_savings",
        "version_uuid",
    ),
)

_EVERY_VOLUME = "*"
# [I] from which release on; the contract says "newer releases".
_EVERY_VOLUME_SINCE = (9, 16)
_NAME = re.compile(r"[^\s/*?\"<>|\\]{1,255}")
# [I] which prefixes are reserved.
_RESERVED = ("snapmirror.", "vserverdr.")


def listed(call: Call) -> Response:
    world = call.world
    if call.names["uuid"] == _EVERY_VOLUME:
        if call.version < _EVERY_VOLUME_SINCE:
            raise malformed_uuid(_EVERY_VOLUME)
        svm = call.scope and call.scope.uuid
        rows = [row for row in world.snapshots.values() if svm in {None, row.svm.uuid}]
        # Who a snapshot is includes its volume there.
        schema = replace(SCHEMA, identity=(*SCHEMA.identity, "volume.name", "volume.uuid"))
        return collection(call, schema, rows)
    volume = world.volume(call.names["uuid"], call.scope)
    return collection(call, SCHEMA, world.snapshots_of(volume.uuid))


def shown(call: Call) -> Response:
    return one(call, SCHEMA, _found(call))


def create(call: Call) -> Started:
    world, body = call.world, call.body
    volume = world.volume(call.names["uuid"], call.scope)
    name, comment = body.text("name"), body.text("comment") or ""
    # [C] Ansible names the volume's own SVM.
    if body.text("svm.name") not in {None, volume.svm.name}:
        raise no_entry()
    body.finish(SCHEMA, call.version)
    if name is None:
        raise missing("name")
    check_name(name)
    check_room(world, volume, name)
    snapshot = Snapshot(
        uuid=world.new_uuid(),
        name=name,
        volume=volume.ref,
        svm=volume.svm,
        create_time=world.now(),
        position=world.new_position(),
        used=volume.used,
        comment=comment,
    )

    def work() -> None:
        current = world.volume(volume.uuid)
        check_room(world, current, name)
        add(world, snapshot)

    task = Task(f"POST {snapshot.href}", volume.svm, snapshot.uuid, work, (SCHEMA, snapshot))
    return start(call, task)


def delete(call: Call) -> Started:
    world = call.world
    snapshot = _found(call)
    _check_free(snapshot)

    def work() -> None:
        current = world.snapshots.get(snapshot.uuid)
        if current is None:
            raise OntapError(1638600, "The snapshot is gone.")
        _check_free(current)
        del world.snapshots[snapshot.uuid]
        _count(world, snapshot.volume.uuid, -snapshot.size)

    return start(call, Task(f"DELETE {snapshot.href}", snapshot.svm, snapshot.uuid, work))


def add(world: World, snapshot: Snapshot) -> None:
    world.snapshots[snapshot.uuid] = snapshot
    _count(world, snapshot.volume.uuid, snapshot.size)


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OntapError(1638518, f'The snapshot name "{name}" is invalid.', target="name")
    if name.startswith(_RESERVED):
        raise OntapError(1638477, f'The snapshot name "{name}" is reserved.', target="name")


def check_room(world: World, volume: Volume, name: str) -> None:
    if volume.state != "online":
        raise OntapError(524479, f'Volume "{volume.name}" is not online.')
    siblings = world.snapshots_of(volume.uuid)
    if any(sibling.name == name for sibling in siblings):
        raise OntapError(525059, f'Snapshot "{name}" already exists.', target="name")
    if len(siblings) >= world.settings.snapshot_limit:
        raise OntapError(525062, f'Volume "{volume.name}" has too many snapshots.')


def _check_free(snapshot: Snapshot) -> None:
    if snapshot.busy:
        owners = ", ".join(snapshot.all_owners) or "a lock"
        raise OntapError(1638555, f'Snapshot "{snapshot.name}" is in use by {owners}.')


def _count(world: World, volume_uuid: str, size: int) -> None:
    volume = world.volumes[volume_uuid]
    world.put(replace(volume, snapshot_used=max(0, volume.snapshot_used + size)))


def _found(call: Call) -> Snapshot:
    volume = call.world.volume(call.names["uuid"], call.scope)
    snapshot = call.world.snapshots.get(check_uuid(call.names["snapshot"]))
    if snapshot is None or snapshot.volume.uuid != volume.uuid:
        raise no_entry()
    return snapshot
