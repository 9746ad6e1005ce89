"""Reading /storage/volumes."""

from collections.abc import Iterable

from tests.simulators.ontap.call import Call
from tests.simulators.ontap.call import one as one_record
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection
from tests.simulators.ontap.records import Volume
from tests.simulators.ontap.volume_fields import SCHEMA


def visible(call: Call) -> Iterable[Volume]:
    volumes = call.world.volumes.values()
    if call.scope is None:
        return volumes
    svm = call.scope.uuid
    return [volume for volume in volumes if volume.svm.uuid == svm]


def listed(call: Call) -> Response:
    return collection(call, SCHEMA, visible(call))


def shown(call: Call) -> Response:
    return one_record(call, SCHEMA, call.world.volume(call.names["uuid"], call.scope))
