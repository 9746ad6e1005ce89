"""Which bucket a call is about, and whether it may be changed now."""

from tests.simulators.ecs.call import Call
from tests.simulators.ecs.errors import EcsError
from tests.simulators.ecs.records import Bucket


def read(call: Call) -> Bucket:
    return call.world.bucket(call.namespace(), call.names["bucket"])


def write(call: Call, namespace: str | None = None) -> Bucket:
    """The namespace is in the query, or is the body's.

    Raises:
        EcsError: no such bucket; or it is being emptied, when it is read-only; [?] the code.
    """
    bucket = call.world.bucket(call.namespace(namespace), call.names["bucket"])
    refuse_while_emptying(bucket)
    return bucket


def refuse_while_emptying(bucket: Bucket) -> None:
    if bucket.read_only:
        raise EcsError(1057, f"Bucket {bucket.name} is being emptied")
