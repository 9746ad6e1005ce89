"""/private/cli/volume: the CLI's words with underscores in answers and dashes in bodies."""

from dataclasses import replace
from typing import Any

from tests.simulators.ontap.call import Call, json
from tests.simulators.ontap.errors import OntapError, bad_value, no_entry
from tests.simulators.ontap.fields import Schema
from tests.simulators.ontap.http import Response
from tests.simulators.ontap.listing import collection, matching
from tests.simulators.ontap.records import API, Volume
from tests.simulators.ontap.rows import ComputedRow, nested
from tests.simulators.ontap.volumes import visible

SCHEMA = Schema(
    key="instance_uuid",
    identity=("vserver", "volume"),
    leaves=(
        "vserver",
        "volume",
        "instance_uuid",
        "aggregate",
        "nodes",
        "size",
        "used",
        "state",
        "junction_path",
        "policy",
        "max_autosize",
        "percent_snapshot_space",
        "caching_policy",
    ),
)
# [C] Names of policies that the CLI takes.
_CACHING = (
    "none",
    "auto",
    "meta",
    "random_read",
    "random_read_write",
    "all_read",
    "all_read_random_write",
    "all",
)


def listed(call: Call) -> Response:
    if "*" in (call.params.fields or ""):
        raise bad_value("fields", call.params.fields)
    return collection(call, SCHEMA, [_row(volume) for volume in visible(call)])


def modify(call: Call) -> Response:
    """``{"caching-policy": x}`` for the volumes that the query names; the rest is not known."""
    policy = call.body.text("caching-policy")
    call.body.finish(SCHEMA, call.version)
    if policy is None:
        raise OntapError(2, "Nothing is to be modified.")
    if policy not in _CACHING:
        raise bad_value("caching-policy", policy)
    found = matching(call, SCHEMA, [_row(volume) for volume in visible(call)])
    if not found:
        raise no_entry("volume")
    for row in found:
        volume = call.world.volumes[str(row.document["instance_uuid"])]
        call.world.put(replace(volume, caching_policy=policy))
    return json({"num_records": len(found)})


def _row(volume: Volume) -> ComputedRow:
    sized = volume.document.get("space", {})
    fields: list[tuple[str, Any]] = [
        ("vserver", volume.svm.name),
        ("volume", volume.name),
        ("instance_uuid", volume.uuid),
        ("aggregate", volume.aggregates[0].name if volume.style == "flexvol" else None),
        ("nodes", [ref.name for ref in volume.nodes]),
        ("size", sized.get("size")),
        ("used", sized.get("used")),
        ("state", volume.state),
        ("junction_path", volume.path),
        ("policy", volume.policy),
        ("max_autosize", volume.autosize.maximum),
        ("percent_snapshot_space", volume.reserve),
        ("caching_policy", volume.caching_policy),
    ]
    return ComputedRow(volume.position, f"{API}/private/cli/volume", nested(fields))
