"""Creating, changing and deleting volumes."""

from dataclasses import replace

from tests.simulators.ontap import sizing
from tests.simulators.ontap.call import Call, Started
from tests.simulators.ontap.changes import Changes
from tests.simulators.ontap.clones import create_clone
from tests.simulators.ontap.errors import OntapError, missing
from tests.simulators.ontap.records import Aggregate, Autosize, Ref, Svm, Volume
from tests.simulators.ontap.restore import restore
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


def create(call: Call) -> Started:
    if call.body.boolean("clone.is_flexclone"):
        return create_clone(call)
    world, body = call.world, call.body
    svm = svm_of_body(call)
    style = body.text("style") or "flexvol"
    body.text("type")
    aggregates = _aggregates(call, svm, style)
    changes = Changes.taken_from(body)
    body.finish(SCHEMA, call.version)
    if changes.name is None:
        raise missing("name")
    if changes.size is None:
        raise missing("size")
    sizing.check_size(changes.size)
    sizing.check_reserve(changes)
    refuse_while_busy(world, creation_of(svm, changes.name), 13107405)
    check_free_name(world, svm.name, changes.name)
    check_free_path(world, svm.name, changes.path)
    draft = blank(world, svm, changes.name, changes.size, aggregates, style=style)
    volume = changed(world, draft, changes)

    def work() -> None:
        check_free_name(world, svm.name, volume.name)
        check_free_path(world, svm.name, volume.path)
        needed = volume.size if volume.guarantee == "volume" else volume.used
        sizing.check_space(world, volume, needed)
        world.put(volume)

    subject = creation_of(svm, volume.name)
    return start(call, Task(f"POST {volume.href}", svm.ref, subject, work, (SCHEMA, volume)))


def modify(call: Call) -> Started:
    world, body = call.world, call.body
    volume = world.volume(call.names["uuid"], call.scope)
    restoring = restore(call, volume)
    changes = Changes.taken_from(body)
    body.finish(SCHEMA, call.version)
    _refuse_while_busy(world, volume, changes)
    if changes.name not in {None, volume.name}:
        check_free_name(world, volume.svm.name, changes.name)
    check_free_path(world, volume.svm.name, changes.path, owner=volume.uuid)
    # Refused at once, not by the job.
    changed(world, volume, changes)

    def work() -> None:
        current = world.volume(volume.uuid)
        after = changed(world, current, changes)
        if after.guarantee == "volume":
            sizing.check_space(world, after, after.size - current.size)
        world.put(after)
        if restoring is not None:
            restoring()

    offline = changes.state in {"offline", "restricted"}
    task = Task(f"PATCH {volume.href}", volume.svm, volume.uuid, work, goes_offline=offline)
    return start(call, task)


def delete(call: Call) -> Started:
    world = call.world
    volume = world.volume(call.names["uuid"], call.scope)
    force = call.params.flag("force")
    if volume.svm_root:
        raise OntapError(917531, f'Volume "{volume.name}" is the root volume of its SVM.')
    if world.clones_of(volume.uuid):
        raise OntapError(524615, f'Volume "{volume.name}" has clones.')
    refuse_while_busy(world, volume.uuid, 524486)

    def work() -> None:
        if world.clones_of(volume.uuid):
            raise OntapError(524615, f'Volume "{volume.name}" has clones.')
        remove(world, world.volume(volume.uuid), force=force)

    task = Task(f"DELETE {volume.href}", volume.svm, volume.uuid, work, goes_offline=True)
    return start(call, task)


def remove(world: World, volume: Volume, *, force: bool) -> None:
    """[D] Without ``force`` the blocks stay in use; [I] the name and the path are free."""
    del world.volumes[volume.uuid]
    world.left_policy(volume.policy_id)
    if not force:
        world.recovery_queue[volume.uuid] = volume
    for snapshot in world.snapshots_of(volume.uuid):
        del world.snapshots[snapshot.uuid]
    for lock in [held for held in world.locks.values() if held.volume.uuid == volume.uuid]:
        del world.locks[lock.uuid]
    if volume.clone is not None:
        parent = world.snapshots.get(volume.clone.snapshot.uuid)
        if parent is not None:
            clones = tuple(uuid for uuid in parent.clones if uuid != volume.uuid)
            world.snapshots[parent.uuid] = replace(parent, clones=clones)


def blank(
    world: World,
    svm: Svm,
    name: str,
    size: int,
    aggregates: tuple[Ref, ...],
    *,
    style: str = "flexvol",
) -> Volume:
    """A volume as ONTAP makes it when nothing else is asked for."""
    policy = policy_called(world, svm.name, "default")
    efficient = "both" if world.settings.platform == "aff" else "none"
    return Volume(
        uuid=world.new_uuid(),
        name=name,
        svm=svm.ref,
        aggregates=aggregates,
        nodes=world.nodes_of(aggregates),
        size=size,
        autosize=Autosize("off", sizing.default_maximum(size), sizing.default_minimum(size)),
        policy=policy.name,
        policy_id=policy.id,
        create_time=world.now(),
        position=world.new_position(),
        style=style,
        compression=efficient,
        dedupe=efficient,
        extras=(("snapshot_policy.name", "default"), ("tiering.policy", "none")),
    )


def changed(world: World, before: Volume, changes: Changes) -> Volume:
    """``before`` after ``changes``.

    Raises:
        OntapError: they do not fit together or to it.
    """
    state = changes.state or before.state
    if state != "online":
        if changes.of_sizes and changes.state is None:
            raise OntapError(917533, f'Volume "{before.name}" is offline.')
        if changes.path:
            raise OntapError(917775, f'Volume "{before.name}" is offline.')
    size = before.size if changes.size is None else changes.size
    sizing.check_size(size)
    policy_id, policy = before.policy_id, before.policy
    if changes.policy is not None:
        found = policy_called(world, before.svm.name, changes.policy)
        policy_id, policy = found.id, found.name
    path = before.path if changes.path is None else changes.path or None
    largest = world.settings.largest_volume_bytes
    compression, dedupe = sizing.efficiency(world, before, changes)
    return replace(
        before,
        name=changes.name or before.name,
        state=state,
        size=size,
        # [D] Neither an offline nor a restricted volume keeps its place in the name space.
        path=path if state == "online" else None,
        policy=policy,
        policy_id=policy_id,
        reserve=before.reserve if changes.reserve is None else changes.reserve,
        autosize=sizing.autosize(before.autosize, size, changes, largest),
        compression=compression,
        dedupe=dedupe,
        guarantee=changes.guarantee or before.guarantee,
        security_style=changes.security_style or before.security_style,
        comment=before.comment if changes.comment is None else changes.comment,
        extras=tuple({**dict(before.extras), **dict(changes.extras)}.items()),
    )


def _refuse_while_busy(world: World, volume: Volume, changes: Changes) -> None:
    job = world.jobs.of(volume.uuid)
    if job is None:
        return
    if changes.path is not None:
        text = f'Volume "{volume.name}" is in use by job {job.uuid}.'
        raise OntapError(917536, text)
    raise OntapError(
        524486 if job.goes_offline or changes.state else 13107406,
        f'Another operation on volume "{volume.name}" is under way (job {job.uuid}).',
    )


def _aggregates(call: Call, svm: Svm, style: str) -> tuple[Ref, ...]:
    names = call.body.members("aggregates", "name") or []
    if not names:
        raise OntapError(787140, "An aggregate is required.", target="aggregates")
    if len(names) > 1 and style == "flexvol":
        raise OntapError(918242, "A FlexVol has one aggregate.", target="aggregates")
    return tuple(_aggregate(call.world, svm, name).ref for name in names)


def _aggregate(world: World, svm: Svm, name: str) -> Aggregate:
    aggregate = world.aggregates.get(name)
    assigned = svm.aggregates is None or name in svm.aggregates
    if aggregate is not None and aggregate.root:
        text = f'Aggregate "{name}" is a root aggregate.'
        raise OntapError(917597, text, target="aggregates.name")
    if aggregate is None or not assigned:
        text = f'Aggregate "{name}" was not found.'
        raise OntapError(917508, text, target="aggregates.name")
    return aggregate
