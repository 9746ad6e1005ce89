"""One Ceph, two doors: what croit makes works at the gateway, and croit sees what happens there."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.services.ceph import CephCluster
from tests.simulators.checks.croit.caller import Caller, at, fresh
from tests.simulators.croit import CroitSimulator

KIB = 1024


@pytest.fixture(scope="module")
def any_sim(ceph: CephCluster) -> Iterator[CroitSimulator]:
    with CroitSimulator(ceph.env()) as simulator:
        yield simulator


@pytest.fixture(params=["", "tenant"])
def uid(request: pytest.FixtureRequest, api: Caller) -> str:
    return api.new_user(fresh(request.param) if request.param else None)


@pytest.fixture
def s3(ceph: CephCluster, api: Caller, uid: str) -> Iterator[Any]:
    """With a key that was made through croit."""
    access_key = fresh("KEY").upper()
    api.put(at(uid, "keys", access_key), secretKey="made+through/croit=&").expect(204)
    client = boto3.client(
        "s3",
        endpoint_url=ceph.env().endpoint,
        region_name="default",
        aws_access_key_id=access_key,
        aws_secret_access_key="made+through/croit=&",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


@pytest.fixture
def bucket(s3: Any) -> str:
    name = fresh("bucket")
    s3.create_bucket(Bucket=name)
    return name


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_croit_sees_what_is_stored(api: Caller, uid: str, s3: Any, bucket: str) -> None:
    for key in ("a/1", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 5000)
    row = api.bucket(uid, bucket)
    usage = row["usageSum"]
    assert (row["owner"], usage["size"], usage["numObjects"]) == (uid, 10_000, 2.0)
    assert usage["sizeKiBActual"] == 16
    assert row["usage"] == {"default": usage}
    path = f"/s3/buckets/{bucket}"
    listed = api.get(f"{path}/objects", owner=uid).expect(200)
    assert ([row["key"] for row in listed["objects"]], listed["commonPrefixes"]) == (["b"], ["a/"])
    api.delete(f"{path}/objects", key="b", owner=uid).expect(204)
    s3.delete_object(Bucket=bucket, Key="a/1")
    assert api.bucket(uid, bucket)["usageSum"]["numObjects"] == 0


def test_the_gateway_obeys_limits_from_croit(api: Caller, s3: Any, bucket: str) -> None:
    quota = f"/s3/buckets/{bucket}/quota"
    api.put(quota, {"enabled": True, "maxObjects": 1}).expect(204)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert refusal(s3.put_object, Bucket=bucket, Key="b", Body=b"x") == "QuotaExceeded"
    api.put(quota, {"enabled": True, "maxObjects": -1, "maxSize": 0}).expect(204)
    assert refusal(s3.put_object, Bucket=bucket, Key="b", Body=b"x") == "QuotaExceeded"
    api.put(quota, {"enabled": True, "maxSize": -1}).expect(204)
    s3.put_object(Bucket=bucket, Key="b", Body=b"x")


def test_the_default_limit_holds_for_each_bucket(
    api: Caller, uid: str, s3: Any, bucket: str
) -> None:
    api.put(at(uid, "bucket-quota"), {"enabled": True, "maxObjects": 0}).expect(204)
    assert refusal(s3.put_object, Bucket=bucket, Key="b", Body=b"x") == "QuotaExceeded"


def test_a_removed_key_and_a_suspended_user_get_nothing(
    api: Caller, uid: str, s3: Any, bucket: str
) -> None:
    api.patch(at(uid), {"suspended": True}).expect(204)
    assert refusal(s3.list_objects_v2, Bucket=bucket) == "UserSuspended"
    api.patch(at(uid), {"suspended": False}).expect(204)
    s3.list_objects_v2(Bucket=bucket)
    for key in api.get(at(uid, "keys")).expect(200):
        api.delete(at(uid, "keys", key["access_key"])).expect(204)
    assert refusal(s3.list_objects_v2, Bucket=bucket) == "InvalidAccessKeyId"
    api.get(f"/s3/buckets/{bucket}", owner=uid).expect(200)
    assert api.get(at(uid, "keys")).expect(200) == []


def test_bucket_settings_are_those_of_s3(api: Caller, uid: str, s3: Any) -> None:
    bucket = api.new_bucket(uid)
    api.patch(f"/s3/buckets/{bucket}", {"versioning": "ENABLED"}).expect(204)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://portal.example.org"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors]})
    assert api.get(f"/s3/buckets/{bucket}", owner=uid).expect(200)["cors"] == [cors]


def test_data_goes_with_a_bucket_when_all_is_said(
    sim: CroitSimulator, api: Caller, uid: str, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    path, body = f"/s3/buckets/{bucket}", {"name": bucket}
    task = api.done(api.delete(path, body))
    assert (task["state"], "not empty" in task["output"]) == ("FAILED", True)
    sure = {"deleteData": True, "thisWillDeleteData": sim.settings.delete_phrase}
    assert api.done(api.delete(path, body | sure))["statusCode"] == 0
    assert refusal(s3.list_objects_v2, Bucket=bucket) == "NoSuchBucket"


def test_open_uploads_are_seen_and_ended(api: Caller, uid: str, s3: Any, bucket: str) -> None:
    s3.create_multipart_upload(Bucket=bucket, Key="open")
    path = f"/s3/buckets/{bucket}/multipart-uploads"
    (upload,) = api.get(path, owner=uid).expect(200)
    api.delete(path, key="open", uploadId=upload["uploadId"], owner=uid).expect(204)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_traffic_is_read_once(
    sim: CroitSimulator, api: Caller, uid: str, s3: Any, bucket: str
) -> None:
    # The gateway tells of a call a moment later; a look that forgets could miss that moment.
    sim.settings.trims_usage = False
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 1000)
    path = at(uid).replace("/s3/users", "/s3/usage/by-user")

    def uploaded() -> int:
        rows = api.get(path).expect(200)["buckets"].get(bucket, [])
        return sum(row["bytesUploaded"] for row in rows)

    api.until(uploaded, lambda seen: seen == 1000)
    sim.settings.trims_usage = True
    assert [uploaded(), uploaded()] == [1000, 0]


def test_what_is_stored_can_be_measured(
    sim: CroitSimulator, api: Caller, uid: str, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 1000)
    sim.measure()
    params: dict[str, Any] = {"graph": "s3-user-data", "template-s3-user-name": uid}
    now = sim.clock.now()
    found = api.get("/stats", **params, startTime=int(now) - 200, endTime=int(now))
    (graph,) = found.expect(200)["axis1"]["graphs"]
    assert graph["datapoints"][-1]["v"] == 1000


def test_a_dead_gateway_is_a_failure_of_the_server(ceph: CephCluster, api: Caller) -> None:
    ceph.kill_gateway()
    try:
        api.get("/s3/users").expect(500)
        api.get("/auth/token-info").expect(200)
    finally:
        ceph.restart_gateway()
    api.get("/s3/users").expect(200)
