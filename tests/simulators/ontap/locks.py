"""/protocols/locks."""

from collections.abc import Iterable

from tests.simulators.ontap.call import Call, json, one
from tests.simulators.ontap.errors import no_entry
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection, matching
from tests.simulators.ontap.records import Lock
from tests.simulators.ontap.world import check_uuid

SCHEMA = Schema(
    key="uuid",
    identity=("uuid", "svm.name", "svm.uuid", "volume.name", "volume.uuid"),
    leaves=(
        "uuid",
        "svm.name",
        "svm.uuid",
        "volume.name",
        "volume.uuid",
        "client_address",
        "protocol",
        "state",
        "type",
        "path",
    ),
    unset=(
        "byte_lock",
        "constituent",
        "delegation",
        "interface",
        "node",
        "oplock_level",
        "owner_id",
        "share_lock",
        "smb",
    ),
)


def listed(call: Call) -> Response:
    return collection(call, SCHEMA, _visible(call))


def shown(call: Call) -> Response:
    return one(call, SCHEMA, _found(call))


def delete(call: Call) -> Response:
    del call.world.locks[_found(call).uuid]
    return json({})


def delete_matching(call: Call) -> Response:
    """The query is the blast radius: without one, all that the account sees go.

    [I] 404 when none matches.
    """
    found = matching(call, SCHEMA, _visible(call))
    if not found:
        raise no_entry("")
    for lock in found:
        del call.world.locks[lock.uuid]
    return json({"num_records": len(found)})


def _found(call: Call) -> Lock:
    lock = call.world.locks.get(check_uuid(call.names["uuid"]))
    if lock is None or (call.scope is not None and lock.svm.uuid != call.scope.uuid):
        raise no_entry()
    return lock


def _visible(call: Call) -> Iterable[Lock]:
    svm = call.scope and call.scope.uuid
    return [lock for lock in call.world.locks.values() if svm in {None, lock.svm.uuid}]
