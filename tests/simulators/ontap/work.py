"""What all writes share: checks against the world, and starting a job."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulators.ontap.call import Call, Started, created, json
from tests.simulators.ontap.errors import OntapError, missing
from tests.simulators.ontap.export_records import Policy
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.jobs import Job
from tests.simulators.ontap.records import Ref, Svm
from tests.simulators.ontap.rows import Row
from tests.simulators.ontap.world import World


@dataclass(frozen=True)
class Task:
    """``subject`` is busy until ``work`` is done; ``new`` is the record that it makes."""

    description: str
    svm: Ref
    subject: str
    work: Callable[[], None]
    new: tuple[Schema, Row] | None = None
    goes_offline: bool = False


def start(call: Call, task: Task) -> Started:
    world = call.world
    now = time.monotonic()
    job = Job(
        uuid=world.new_uuid(),
        description=task.description,
        svm=task.svm,
        subject=task.subject,
        goes_offline=task.goes_offline,
        began=now,
        ends=now + world.settings.job_seconds,
        start_time=world.now(),
        work=task.work,
    )
    world.jobs.start(job)

    def answer() -> Response:
        if task.new is None:
            return json({"job": job.link()})
        return created(call, *task.new, job)

    return Started(job, answer)


def accepted(call: Call, started: Started) -> Response:
    """202 with the job, and for a new record where it will be."""
    answer = started.answer()
    answer.status = 202
    return answer


def svm_of_body(call: Call) -> Svm:
    """The SVM that a POST is for: named in the body, else the one that the caller is confined to.

    Raises:
        OntapError: none is named, it is unknown, it is not the caller's, or name and uuid differ.
    """
    name, uuid = call.body.text("svm.name"), call.body.text("svm.uuid")
    world = call.world
    svm = call.scope
    if name is not None:
        svm = world.svm(name)
    elif uuid is not None:
        svm = world.svm_by_uuid(uuid)
    if svm is None:
        raise missing("svm.name")
    if uuid is not None and svm.uuid != uuid:
        raise OntapError(2621706, "The SVM's name and uuid are of different SVMs.", target="svm")
    if call.scope is not None and svm.uuid != call.scope.uuid:
        raise OntapError(2621462, f'SVM "{name or uuid}" does not exist.', target="svm.name")
    return svm


def refuse_while_busy(world: World, subject: str, code: int) -> None:
    job = world.jobs.of(subject)
    if job is not None:
        raise OntapError(code, f"Another operation is under way (job {job.uuid}).")


def check_free_name(world: World, svm: str, name: str | None) -> None:
    if name is not None and world.volume_named(svm, name) is not None:
        text = f'Volume "{name}" already exists in SVM "{svm}".'
        raise OntapError(917526, text, target="name")


def check_free_path(world: World, svm: str, path: str | None, owner: str = "") -> None:
    if not path:
        return
    holder = world.volume_at(svm, path)
    if holder is not None and holder.uuid != owner:
        # [I] the code: the contract has 918252 for every unusable path.
        text = f'Junction path "{path}" is already in use by volume "{holder.name}".'
        raise OntapError(918252, text, target="nas.path")


def policy_called(world: World, svm: str, name: str) -> Policy:
    policy = world.policy_named(svm, name)
    if policy is None:
        text = f'Export policy "{name}" cannot be used: it does not exist in SVM "{svm}".'
        raise OntapError(918271, text, target="nas.export_policy.name")
    return policy


def creation_of(svm: Svm, name: str) -> str:
    """What is busy while a volume of this name is being made."""
    return f"creation of {svm.uuid}:{name}"
