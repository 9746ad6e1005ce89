"""Which call goes where."""

from urllib.parse import unquote

from tests.simulators.ontap import (
    cluster,
    exports,
    locks,
    private_cli,
    snapshots,
    volume_writes,
    volumes,
)
from tests.simulators.ontap.call import Handler
from tests.simulators.ontap.errors import OntapError, unknown_api

_POLICIES = "/protocols/nfs/export-policies"
_RULES = f"{_POLICIES}/{{id}}/rules"
_CLIENTS = f"{_RULES}/{{index}}/clients"
_SNAPSHOTS = "/storage/volumes/{uuid}/snapshots"

_ROUTES: dict[str, dict[str, Handler]] = {
    "/cluster": {"GET": cluster.cluster},
    "/cluster/jobs": {"GET": cluster.list_jobs},
    "/cluster/jobs/{uuid}": {"GET": cluster.show_job},
    "/svm/svms": {"GET": cluster.list_svms},
    "/svm/svms/{uuid}": {"GET": cluster.show_svm},
    "/storage/aggregates": {"GET": cluster.list_aggregates},
    "/storage/aggregates/{uuid}": {"GET": cluster.show_aggregate},
    "/storage/volumes": {"GET": volumes.listed, "POST": volume_writes.create},
    "/storage/volumes/{uuid}": {
        "GET": volumes.shown,
        "PATCH": volume_writes.modify,
        "DELETE": volume_writes.delete,
    },
    _SNAPSHOTS: {"GET": snapshots.listed, "POST": snapshots.create},
    f"{_SNAPSHOTS}/{{snapshot}}": {"GET": snapshots.shown, "DELETE": snapshots.delete},
    _POLICIES: {"GET": exports.listed, "POST": exports.create},
    f"{_POLICIES}/{{id}}": {
        "GET": exports.shown,
        "PATCH": exports.modify,
        "DELETE": exports.delete,
    },
    _RULES: {"GET": exports.list_rules, "POST": exports.create_rule},
    f"{_RULES}/{{index}}": {
        "GET": exports.show_rule,
        "PATCH": exports.modify_rule,
        "DELETE": exports.delete_rule,
    },
    _CLIENTS: {"GET": exports.list_clients, "POST": exports.create_client},
    f"{_CLIENTS}/{{match}}": {"DELETE": exports.delete_client},
    "/protocols/locks": {"GET": locks.listed, "DELETE": locks.delete_matching},
    "/protocols/locks/{uuid}": {"GET": locks.shown, "DELETE": locks.delete},
    "/private/cli/volume": {"GET": private_cli.listed, "PATCH": private_cli.modify},
}
_SPLIT = [(pattern.split("/")[1:], handlers) for pattern, handlers in _ROUTES.items()]


def route(method: str, raw_path: str) -> tuple[Handler, dict[str, str]]:
    """The handler, and the decoded variables of a path below /api.

    Raises:
        OntapError: no such path, or not with this method.
    """
    parts = raw_path.strip("/").split("/")
    for pattern, handlers in _SPLIT:
        names = _matched(pattern, parts)
        if names is None:
            continue
        handler = handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            raise OntapError(3, f"{method} is not allowed here.", status=405)
        return handler, names
    raise unknown_api()


def _matched(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    names: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            names[expected[1:-1]] = unquote(part)
        elif expected != part:
            return None
    return names
