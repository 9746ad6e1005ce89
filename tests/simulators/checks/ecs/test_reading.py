"""Every call that reads, in both languages and all releases."""

from typing import Any

import pytest

from tests.simulators.checks.ecs.caller import KEYS, Caller
from tests.simulators.ecs import EcsSimulator, Settings
from tests.simulators.ecs import xml as ecs_xml
from tests.simulators.ecs.routes import _ROUTES

# A policy is JSON only, and for Swift nobody has a password.
OTHERWISE = {
    "/logout",
    "/object/bucket/{bucket}/policy",
    "/object/user-password/{user}/{namespace}",
}
READS = sorted({path for method, path, *_ in _ROUTES if method == "GET"} - OTHERWISE)
QUERY = "namespace=ns1&start_time=2026-11-21T10:00&end_time=2026-11-21T10:10"


def filled(path: str, sim: EcsSimulator) -> str:
    names = {"namespace": "ns1", "bucket": "b1", "user": "u1", "class": "year"}
    if "tokenCount" in path:
        names["user"] = sim.username
    is_group = "vpools" in path
    names["id"] = sim.replication_group if is_group else sim.storage_pool
    return path.format(**names)


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
def test_every_read_is_answered_in_json_and_in_xml(release: Any) -> None:
    settings = Settings(release=release, new_bucket_billing="zero")
    with EcsSimulator(settings=settings) as sim:
        call = Caller(sim)
        call.new_namespace(namespace_admins="a <b> & c")
        call.done(
            "POST", "/object/namespaces/namespace/ns1/retention", {"name": "year", "period": 1}
        )
        call.new_user()
        call.made(f"{KEYS}/u1", {"namespace": "ns1"})
        call.new_bucket(TagSet=[{"Key": "k", "Value": "<&>"}])
        for path in READS:
            url = f"{filled(path, sim)}?{QUERY}&include_bucket_detail=true"
            as_json, as_xml = call("GET", url), call("GET", url, Accept="application/xml")
            assert (as_json.status_code, as_xml.status_code) == (200, 200), (path, as_json.text)
            children = {child.name for child in ecs_xml.parse(as_xml.content).children}
            # What is null or an empty list has no element.
            said = {name for name, value in as_json.json().items() if value not in (None, [])}
            assert children == said, path
        call.close()
