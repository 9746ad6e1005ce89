"""/cluster, /cluster/jobs, /svm/svms and /storage/aggregates: what is only read."""

from tests.simulators.ontap import jobs
from tests.simulators.ontap.call import Call, one
from tests.simulators.ontap.errors import no_entry
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection
from tests.simulators.ontap.records import API, Aggregate, Svm
from tests.simulators.ontap.rows import ComputedRow, nested
from tests.simulators.ontap.world import check_uuid

CLUSTER = Schema(
    key="uuid",
    identity=("uuid", "name"),
    leaves=(
        "uuid",
        "name",
        "version.full",
        "version.generation",
        "version.major",
        "version.minor",
    ),
    unset=("contact", "location", "metric", "statistics", "timezone", "nodes"),
    dear=("metric", "statistics"),
)

AGGREGATE = Schema(
    key="uuid",
    identity=("uuid", "name"),
    leaves=(
        "uuid",
        "name",
        "state",
        "node.name",
        "node.uuid",
        "home_node.name",
        "home_node.uuid",
        "space.block_storage.size",
        "space.block_storage.available",
        "space.block_storage.used",
    ),
    unset=(
        "block_storage",
        "cloud_storage",
        "create_time",
        "data_encryption",
        "dr_home_node",
        "inode_attributes",
        "metric",
        "snaplock_type",
        "snapshot",
        "space.efficiency",
        "space.footprint",
        "statistics",
        "volume-count",
    ),
    dear=("metric", "statistics"),
)

SVM = Schema(
    key="uuid",
    identity=("uuid", "name"),
    leaves=(
        "uuid",
        "name",
        "state",
        "subtype",
        "language",
        "aggregates.name",
        "aggregates.uuid",
        "aggregates.state",
        "aggregates.available_size",
        "aggregates.type",
        "nfs.enabled",
    ),
    unset=(
        "aggregates_delegated",
        "aggregates.snaplock_type",
        "certificate",
        "cifs",
        "comment",
        "dns",
        "fc_interfaces",
        "fcp",
        "ip_interfaces",
        "ipspace",
        "iscsi",
        "ldap",
        "max_volumes",
        "nfs.allowed",
        "nis",
        "nsswitch",
        "nvme",
        "qos_policy_group",
        "routes",
        "s3",
        "snapmirror",
        "snapshot_policy",
        "storage",
    ),
)


def cluster(call: Call) -> Response:
    world = call.world
    generation, major, minor = (*world.settings.version.split("."), "0")[:3]
    fields: list[tuple[str, object]] = [
        ("uuid", world.uuid),
        ("name", world.name),
        ("version.full", f"NetApp Release {world.settings.version}: simulated"),
        ("version.generation", int(generation)),
        ("version.major", int(major)),
        ("version.minor", int(minor)),
    ]
    return one(call, CLUSTER, ComputedRow(0, f"{API}/cluster", nested(fields)))


def list_jobs(call: Call) -> Response:
    svm = call.scope and call.scope.uuid
    visible = [job for job in call.world.jobs.all() if svm in {None, job.svm.uuid}]
    rows = [job.row(position) for position, job in enumerate(visible)]
    return collection(call, jobs.SCHEMA, rows)


def show_job(call: Call) -> Response:
    uuid = check_uuid(call.names["uuid"])
    for job in call.world.jobs.all():
        if job.uuid == uuid and (call.scope is None or call.scope.uuid == job.svm.uuid):
            return one(call, jobs.SCHEMA, job.row(0))
    raise no_entry()


def list_svms(call: Call) -> Response:
    return collection(call, SVM, _svms(call))


def show_svm(call: Call) -> Response:
    uuid = check_uuid(call.names["uuid"])
    for row in _svms(call):
        if row.document["uuid"] == uuid:
            return one(call, SVM, row)
    raise no_entry()


def list_aggregates(call: Call) -> Response:
    used = call.world.used_bytes()
    rows = [_aggregate(aggregate, used) for aggregate in call.world.aggregates.values()]
    return collection(call, AGGREGATE, rows)


def show_aggregate(call: Call) -> Response:
    uuid = check_uuid(call.names["uuid"])
    for aggregate in call.world.aggregates.values():
        if aggregate.uuid == uuid:
            return one(call, AGGREGATE, _aggregate(aggregate, call.world.used_bytes()))
    raise no_entry()


def _svms(call: Call) -> list[ComputedRow]:
    used = call.world.used_bytes()
    visible = [svm for svm in call.world.svms.values() if call.scope is None or call.scope is svm]
    return [_svm(call, svm, used) for svm in visible]


def _svm(call: Call, svm: Svm, used: dict[str, int]) -> ComputedRow:
    """[D] Without assigned aggregates it shows none, nor any available size."""
    world = call.world
    aggregates = [
        {
            **world.aggregates[name].ref.document(),
            "state": world.aggregates[name].state,
            "available_size": world.available(world.aggregates[name], used),
            "type": "hdd" if world.settings.platform == "hdd" else "ssd",
        }
        for name in svm.aggregates or []
    ]
    fields: list[tuple[str, object]] = [
        ("uuid", svm.uuid),
        ("name", svm.name),
        ("state", svm.state),
        ("subtype", "default"),
        ("language", "c.utf_8"),
        ("aggregates", aggregates),
        ("nfs.enabled", True),
    ]
    return ComputedRow(svm.position, f"{API}/svm/svms/{svm.uuid}", nested(fields))


def _aggregate(aggregate: Aggregate, used: dict[str, int]) -> ComputedRow:
    given = used[aggregate.name]
    fields: list[tuple[str, object]] = [
        ("uuid", aggregate.uuid),
        ("name", aggregate.name),
        ("state", aggregate.state),
        ("node", aggregate.node.ref.document()),
        ("home_node", aggregate.home_node.ref.document()),
        ("space.block_storage.size", aggregate.size),
        ("space.block_storage.available", max(0, aggregate.size - given)),
        ("space.block_storage.used", given),
    ]
    href = f"{API}/storage/aggregates/{aggregate.uuid}"
    return ComputedRow(aggregate.position, href, nested(fields))
