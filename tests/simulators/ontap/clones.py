"""FlexClones: volumes that begin with the blocks of a snapshot."""

from dataclasses import replace

from tests.simulators.ontap.call import Call, Started
from tests.simulators.ontap.changes import Changes
from tests.simulators.ontap.errors import OntapError, missing
from tests.simulators.ontap.records import Clone, Snapshot, Svm, Volume
from tests.simulators.ontap.volume_fields import SCHEMA
from tests.simulators.ontap.work import (
    Task,
    check_free_name,
    check_free_path,
    creation_of,
    policy_called,
    refuse_while_busy,
    start,
    svm_of_body,
)
from tests.simulators.ontap.world import World

# [D] They come from the parent.
_REFUSED = (
    "aggregates",
    "aggregates.name",
    "size",
    "space.size",
    "efficiency.compression",
    "efficiency.dedupe",
    "qos.policy.name",
)


def create_clone(call: Call) -> Started:
    """Without ``clone.parent_snapshot`` a snapshot is made of what the parent holds now."""
    world, body = call.world, call.body
    svm = svm_of_body(call)
    for path in _REFUSED:
        if path in body:
            text = f'Field "{path}" is not allowed for a clone.'
            raise OntapError(918247, text, target=path)
    parent = _parent(call, svm)
    wanted = [body.text(f"clone.parent_snapshot.{key}") for key in ("name", "uuid")]
    body.text("style")
    body.text("type")
    body.text("clone.parent_svm.name")
    changes = Changes.taken_from(body)
    body.finish(SCHEMA, call.version)
    if changes.name is None:
        raise missing("name")
    refuse_while_busy(world, creation_of(svm, changes.name), 13107405)
    refuse_while_busy(world, parent.uuid, 13107406)
    snapshot = _snapshot(world, parent, *wanted, clone=changes.name)
    clone = _clone(world, svm, parent, snapshot, changes)
    check_free_name(world, svm.name, clone.name)
    check_free_path(world, svm.name, clone.path)

    def work() -> None:
        check_free_name(world, svm.name, clone.name)
        check_free_path(world, svm.name, clone.path)
        held = world.snapshots.get(snapshot.uuid)
        if held is None and snapshot.name == _own_name(clone.name):
            held = snapshot
        if held is None:
            raise OntapError(524819, "The clone failed: its parent snapshot is gone.")
        world.snapshots[held.uuid] = replace(held, clones=(*held.clones, clone.uuid))
        world.put(clone)

    subject = creation_of(svm, clone.name)
    return start(call, Task(f"POST {clone.href}", svm.ref, subject, work, (SCHEMA, clone)))


def _parent(call: Call, svm: Svm) -> Volume:
    name = call.body.text("clone.parent_volume.name")
    uuid = call.body.text("clone.parent_volume.uuid")
    world = call.world
    parent = world.volumes.get(uuid) if uuid else world.volume_named(svm.name, name or "")
    if parent is None or parent.svm.uuid != svm.uuid:
        raise OntapError(524601, f'Parent volume "{name or uuid}" was not found.')
    if name and parent.name != name:
        raise OntapError(918243, "The parent volume's name and uuid disagree.")
    if parent.state != "online":
        raise OntapError(917533, f'Volume "{parent.name}" is offline.')
    return parent


def _snapshot(
    world: World, parent: Volume, name: str | None, uuid: str | None, *, clone: str
) -> Snapshot:
    if name is None and uuid is None:
        return Snapshot(
            uuid=world.new_uuid(),
            name=_own_name(clone),
            volume=parent.ref,
            svm=parent.svm,
            create_time=world.now(),
            position=world.new_position(),
            used=parent.used,
        )
    for snapshot in world.snapshots_of(parent.uuid):
        if uuid in {None, snapshot.uuid} and name in {None, snapshot.name}:
            return snapshot
    raise OntapError(1638600, f'Snapshot "{name or uuid}" was not found.')


def _own_name(clone: str) -> str:
    return f"clone_{clone}"


def _clone(world: World, svm: Svm, parent: Volume, snapshot: Snapshot, changes: Changes) -> Volume:
    policy = policy_called(world, svm.name, changes.policy or parent.policy)
    return replace(
        parent,
        uuid=world.new_uuid(),
        name=changes.name or "",
        path=changes.path or None,
        create_time=world.now(),
        position=world.new_position(),
        used=snapshot.used,
        snapshot_used=0,
        policy=policy.name,
        policy_id=policy.id,
        guarantee=changes.guarantee or "none",
        comment=changes.comment or "",
        svm_root=False,
        clone=Clone(parent.ref, snapshot.ref),
    )
