"""/stats and /s3/usage."""

from __future__ import annotations

from tests.simulators.croit import views
from tests.simulators.croit.call import Call, answer
from tests.simulators.croit.errors import CroitError, invalid
from tests.simulators.croit.records import Json
from tests.simulators.croit.series import query_name
from tests.simulators.waldur.messages import Reply

_GRAPH = "s3-user-data"
_HOUR = 3600
_DAY = 24 * _HOUR
_POINTS = 500
_MOST_POINTS = 20_000


def stats(call: Call) -> Reply:
    """[O] No series for an unknown name, [P] but 404 for an unknown graph."""
    if call.required("graph") != _GRAPH:
        raise CroitError(404, f"graph {call.param('graph')} not found")
    wanted = call.required("template-s3-user-name")
    start, end = _window(call)
    most = call.number("maxDataPoints", _POINTS)
    if most < 1:
        raise invalid("maxDataPoints must be positive")
    graphs: list[Json] = [
        {
            "name": wanted,
            "tags": {},
            "datapoints": call.world.series.window(uid, start, end, min(most, _MOST_POINTS)),
        }
        for uid in call.store.uids()
        if query_name(uid) == wanted
    ]
    return answer({"axis1": {"unit": "B", "graphs": graphs[:1]}, "axis2": None})


def _window(call: Call) -> tuple[float, float]:
    start, end = call.number("startTime", -_DAY), call.number("endTime", 0)
    if (start > 0) != (end > 0):
        raise invalid("startTime and endTime must both be positive, or neither")
    now = 0.0 if start > 0 else call.world.clock.now()
    return now + start, now + end


def user_names(call: Call) -> Reply:
    return answer([{"displayName": uid, "queryName": query_name(uid)} for uid in call.store.uids()])


def bucket_names(call: Call) -> Reply:
    return answer(
        [
            {
                "displayName": row.name,
                "queryName": query_name(row.name),
                "quotaBytes": row.quota.max_size,
                "quotaObjects": row.quota.max_objects,
            }
            for row in call.store.buckets()
        ]
    )


def traffic_of_user(call: Call) -> Reply:
    return _traffic(call, call.store.user(call.names["uid"]).uid, None)


def traffic_of_bucket(call: Call) -> Reply:
    bucket = call.bucket
    return _traffic(call, bucket.owner, bucket.name)


def _traffic(call: Call, uid: str, bucket: str | None) -> Reply:
    """[O] Reading may forget what was read."""
    since = call.world.clock.now() - call.number("hours", 24) * _HOUR
    rows = [
        row
        for row in call.store.traffic(uid)
        if bucket in {None, row.bucket} and row.time + _HOUR > since
    ]
    if call.world.settings.trims_usage:
        call.store.trim_traffic(uid)
    return answer(views.traffic(rows))
