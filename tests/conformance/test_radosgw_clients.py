"""What users of a gateway feel of our API, seen with their own S3 client."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.conformance.client import InProcess, fresh
from tests.conformance.s3 import s3_client
from tests.conformance.target import Place, Quirks, Target
from tests.conformance.test_radosgw import radosgw_entry
from tests.servers import service
from tests.services.ceph import CephCluster

KIB = 1024
_PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def place(ceph: CephCluster) -> Place:
    api = InProcess(service({"SAPI_BACKENDS": radosgw_entry(ceph)}))
    return Place(Target(api, "ceph", Quirks(families=frozenset())), None)


@pytest.fixture
def owner(place: Place) -> str:
    return place.new_user()


@pytest.fixture
def key(place: Place, owner: str) -> dict[str, Any]:
    made: dict[str, Any] = place.api.post(place.url("users", owner, "keys")).expect(201)
    return made


@pytest.fixture
def s3(ceph: CephCluster, key: dict[str, Any]) -> Any:
    return s3_client(ceph.env().endpoint, key)


@pytest.fixture
def bucket(place: Place, owner: str) -> str:
    return place.new_bucket(owner)


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_key_of_ours_creates_buckets_and_stores_objects(
    place: Place, owner: str, s3: Any
) -> None:
    bucket = fresh("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a/b c+ü", Body=b"hello")
    assert s3.get_object(Bucket=bucket, Key="a/b c+ü")["Body"].read() == b"hello"
    found = place.api.get(place.url("buckets", bucket)).expect(200)
    assert found["owner"] == owner
    usage = place.api.get(place.url("buckets", bucket, "usage")).expect(200)
    assert (usage["used_bytes"], usage["used_objects"]) == (5, 1)


def test_a_bucket_of_ours_is_its_owner_s(s3: Any, bucket: str) -> None:
    assert [item["Name"] for item in s3.list_buckets()["Buckets"]] == [bucket]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_deleted_key_opens_nothing_from_then_on(
    place: Place, owner: str, key: dict[str, Any], s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = place.url("users", owner, "keys", key["access_key"])
    place.api.delete(url).expect(204)
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="k")) == "InvalidAccessKeyId"


def test_a_rotated_key_s_successor_opens_the_same(ceph: CephCluster, place: Place) -> None:
    owner = place.new_user()
    bucket = place.new_bucket(owner)
    keys = place.url("users", owner, "keys")
    old = place.api.post(keys).expect(201)
    former = s3_client(ceph.env().endpoint, old)
    former.put_object(Bucket=bucket, Key="k", Body=b"x")
    new = place.api.post(f"{keys}/{old['access_key']}/rotate").expect(201)
    assert refusal(lambda: former.get_object(Bucket=bucket, Key="k")) == "InvalidAccessKeyId"
    successor = s3_client(ceph.env().endpoint, new)
    assert successor.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_suspended_user_is_locked_out_until_let_in_again(
    place: Place, owner: str, s3: Any, bucket: str
) -> None:
    user = place.url("users", owner)
    place.api.patch(user, {"suspended": True}).expect(200)
    refused = refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x"))
    assert refused in {"UserSuspended", "AccessDenied"}
    place.api.patch(user, {"suspended": False}).expect(200)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_bucket_s_limit_of_objects_holds_at_once(place: Place, s3: Any, bucket: str) -> None:
    quota = place.url("buckets", bucket, "quota")
    place.api.put(quota, {"max_objects": 2}).expect(200)
    for name in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=name, Body=b"x" * 100)
    refused = refusal(lambda: s3.put_object(Bucket=bucket, Key="c", Body=b"x"))
    assert refused == "QuotaExceeded"
    place.api.put(quota, {"max_objects": 3}).expect(200)
    s3.put_object(Bucket=bucket, Key="c", Body=b"x")
    place.api.delete(quota).expect(204)
    s3.put_object(Bucket=bucket, Key="d", Body=b"x")


def test_a_bucket_s_limit_of_bytes_counts_blocks_of_4_kib(
    place: Place, s3: Any, bucket: str
) -> None:
    place.api.put(place.url("buckets", bucket, "quota"), {"max_bytes": 10 * KIB}).expect(200)
    for name in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=name, Body=b"x" * 100)
    refused = refusal(lambda: s3.put_object(Bucket=bucket, Key="c", Body=b"x" * 100))
    assert refused == "QuotaExceeded"
    s3.delete_object(Bucket=bucket, Key="a")
    s3.put_object(Bucket=bucket, Key="c", Body=b"x" * 100)


def test_a_limit_of_zero_forbids_every_write(place: Place, s3: Any, bucket: str) -> None:
    place.api.put(place.url("buckets", bucket, "quota"), {"max_bytes": 0}).expect(200)
    refused = refusal(lambda: s3.put_object(Bucket=bucket, Key="a", Body=b"x"))
    assert refused == "QuotaExceeded"


def test_a_limit_of_objects_alone_limits_no_bytes(place: Place, s3: Any, bucket: str) -> None:
    place.api.put(place.url("buckets", bucket, "quota"), {"max_objects": 5}).expect(200)
    s3.put_object(Bucket=bucket, Key="big", Body=b"x" * (256 * KIB))


def test_a_user_s_limit_holds_over_all_buckets(place: Place, owner: str, s3: Any) -> None:
    """The gateway sums a user's usage from time to time, so the limit holds a little later."""
    first, second = place.new_bucket(owner), place.new_bucket(owner)
    place.api.put(place.url("users", owner, "quota"), {"max_bytes": 64 * KIB}).expect(200)
    s3.put_object(Bucket=first, Key="a", Body=b"x" * (48 * KIB))
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            s3.put_object(Bucket=second, Key="b", Body=b"x" * (24 * KIB))
        except ClientError as error:
            refused = error.response["Error"]["Code"]
            break
        s3.delete_object(Bucket=second, Key="b")
        time.sleep(0.2)
    else:
        refused = "nothing was ever refused"
    assert refused == "QuotaExceeded"


def test_a_user_s_limit_counts_what_was_stored_before(
    place: Place, owner: str, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="before", Body=b"x" * (50 * KIB))
    place.api.put(place.url("users", owner, "quota"), {"max_bytes": 10 * KIB}).expect(200)
    refused = refusal(lambda: s3.put_object(Bucket=bucket, Key="after", Body=b"x"))
    assert refused == "QuotaExceeded"


def test_max_buckets_holds_for_buckets_that_users_make_themselves(
    place: Place, owner: str, s3: Any
) -> None:
    place.api.patch(place.url("users", owner), {"max_buckets": 1}).expect(200)
    s3.create_bucket(Bucket=fresh("bucket"))
    refused = refusal(lambda: s3.create_bucket(Bucket=fresh("bucket")))
    assert refused == "TooManyBuckets"
    place.api.patch(place.url("users", owner), {"max_buckets": 0}).expect(200)
    assert refusal(lambda: s3.create_bucket(Bucket=fresh("bucket"))) == "AccessDenied"


def test_versioning_and_lifecycle_are_what_s3_shows(place: Place, s3: Any, bucket: str) -> None:
    place.api.patch(place.url("buckets", bucket), {"versioning": "enabled"}).expect(200)
    rule = {"id": "tmp", "prefix": "tmp/", "expiration_days": 3}
    place.api.put(place.url("buckets", bucket, "lifecycle"), {"rules": [rule]}).expect(200)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (seen,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (seen["ID"], seen["Expiration"]) == ("tmp", {"Days": 3})
    assert seen.get("Prefix", seen.get("Filter", {}).get("Prefix")) == "tmp/"


def test_old_versions_and_open_uploads_keep_a_bucket(place: Place, s3: Any, bucket: str) -> None:
    url = place.url("buckets", bucket)
    place.api.patch(url, {"versioning": "enabled"}).expect(200)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="k")
    place.api.delete(url).expect(409)
    for kind in ("Versions", "DeleteMarkers"):
        for item in s3.list_object_versions(Bucket=bucket).get(kind, []):
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    upload = s3.create_multipart_upload(Bucket=bucket, Key="open")["UploadId"]
    place.api.delete(url).expect(409)
    s3.abort_multipart_upload(Bucket=bucket, Key="open", UploadId=upload)
    place.api.delete(url).expect(204)
    assert refusal(lambda: s3.list_objects_v2(Bucket=bucket)) == "NoSuchBucket"


def test_a_cors_rule_answers_browsers(ceph: CephCluster, place: Place, bucket: str) -> None:
    rule = {"allowed_methods": ["GET"], "allowed_origins": ["https://portal.example.org"]}
    place.api.put(place.url("buckets", bucket, "cors"), {"rules": [rule]}).expect(200)
    answers = {
        origin: _preflight(f"{ceph.env().endpoint}/{bucket}/k", origin)
        for origin in ("https://portal.example.org", "https://evil.example")
    }
    assert answers == {"https://portal.example.org": 200, "https://evil.example": 403}


def _preflight(url: str, origin: str) -> int:
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    return requests.options(url, headers=headers, timeout=30).status_code
