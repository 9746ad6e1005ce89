"""JSON and XML, in and out, and what is refused of them."""

from typing import Any

import pytest
import requests

from tests.simulators.checks.ecs.caller import BUCKET, NAMESPACES, NS, Caller
from tests.simulators.ecs import EcsSimulator

XML = "application/xml"


def test_xml_is_the_default(sim: EcsSimulator, tenant: Caller) -> None:
    answer = tenant("GET", "/user/whoami", Accept=None)
    assert answer.headers["Content-Type"] == XML
    assert "<role>SYSTEM_ADMIN</role>" in answer.text
    answer = tenant("GET", f"{NAMESPACES}/gone", Accept=None)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, XML)
    assert "<error><code>1004</code>" in answer.text
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "*/*"
        url, trust = f"{sim.url}/login", str(sim.ca_file)
        login = session.get(
            url, auth=(sim.monitor_username, sim.monitor_password), verify=trust, timeout=10
        )
    assert f"<loggedIn><user>{sim.monitor_username}</user></loggedIn>" in login.text


def test_a_path_may_end_in_json(tenant: Caller) -> None:
    tenant.new_bucket()
    for path in ("/object/bucket.json?namespace=ns1", f"{BUCKET}/info.json?namespace=ns1"):
        assert tenant("GET", path, Accept=None).headers["Content-Type"] == "application/json"
    tenant.made("/object/bucket.json", {"name": "b2.json", "namespace": "ns1"})
    assert tenant.bucket("b2.json")["name"] == "b2.json"


def test_bodies_may_be_xml(sim: EcsSimulator, call: Caller) -> None:
    sim.add_domain("ad.example.org")
    document = f"""<namespace_create><namespace>ns1</namespace><id/><unknown>1</unknown>
        <default_data_services_vpool>{sim.replication_group}</default_data_services_vpool>
        <user_mapping><domain>ad.example.org</domain><groups>one</groups><groups>two &amp; three
        </groups></user_mapping><is_stale_allowed>true</is_stale_allowed></namespace_create>"""
    answer = call.send("POST", NAMESPACES, document.encode(), XML)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["id"], found["is_stale_allowed"]) == ("ns1", True)
    assert found["user_mapping"] == [{"domain": "ad.example.org", "groups": ["one", "two & three"]}]
    quota = b"<quota><blockSize>5</blockSize><notificationSize>4</notificationSize></quota>"
    assert call.send("PUT", f"{NS}/quota", quota, XML).status_code == 200
    assert call.get(f"{NS}/quota")["blockSize"] == 5


@pytest.mark.parametrize(
    ("content", "media", "expected"),
    [
        (b'{"namespace": "x", "name": "x"}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "unknown": null}', "application/json", (400, 1013)),
        (b'{"namespace": 7}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "user_mapping": {}}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "is_stale_allowed": 1}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "default_bucket_block_size": true}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "default_bucket_block_size": 1.5}', "application/json", (400, 1013)),
        (b'{"namespace": "x", "default_bucket_block_size": NaN}', "application/json", (400, 1013)),
        (b'"{}"', "application/json", (400, 1013)),
        (b"[]", "application/json", (400, 1013)),
        (b"{", "application/json", (400, 1013)),
        (b"\xff", "application/json", (400, 1013)),
        (b"[" * 100_000, "application/json", (400, 1013)),
        (b"<namespace", XML, (400, 1013)),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a><namespace>&b;</namespace></a>", XML, (400, 1013)),
        (b"", "", (415, 1003)),
        (b"namespace=x", "application/x-www-form-urlencoded", (415, 1003)),
        (b"{}", "application/json", (400, 1005)),
        (b'{"namespace": null}', "application/json", (400, 1005)),
        (b'{"namespace": "a.b"}', "application/json", (400, 1008)),
        ('{"namespace": "ü"}'.encode(), "application/json", (400, 1008)),
    ],
)
def test_bad_bodies_are_refused(
    call: Caller, content: bytes, media: str, expected: tuple[int, int]
) -> None:
    answer = call.send("POST", NAMESPACES, content, media)
    assert (answer.status_code, answer.json()["code"]) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", (404, 1002)),
        ("PATCH", "/object/namespaces", (405, 1007)),
        ("POST", "/login", (405, 1007)),
        ("GET", "/object/bucket/%2e%2e/info?namespace=ns1", (400, 1004)),
        ("GET", "/object/bucket//info?namespace=ns1", (404, 1002)),
        ("GET", "/object/bucket/%FF%00%F0%9F%98%80/info?namespace=ns1", (400, 1004)),
        ("GET", "/object/bucket/b1?limit=1%23/info?namespace=ns1", (404, 1002)),
        ("GET", f"/object/namespaces?limit={'9' * 5000}", (400, 1008)),
    ],
)
def test_bad_paths_are_refused(
    tenant: Caller, method: str, path: str, expected: tuple[int, int]
) -> None:
    assert tenant.refused(method, path) == expected


def test_numbers_and_booleans_may_be_texts(sim: EcsSimulator, tenant: Caller) -> None:
    sim.settings.stringify = True
    tenant.new_bucket(blockSize=5, notificationSize=4)
    bucket: dict[str, Any] = tenant.bucket()
    assert (bucket["block_size"], bucket["locked"]) == ("5", "false")
    assert tenant.get(f"{NS}/quota")["blockSize"] == "-1"
    sim.clock.advance(301)
    assert tenant.get("/object/billing/namespace/ns1/info")["total_size"] == "0.0"
