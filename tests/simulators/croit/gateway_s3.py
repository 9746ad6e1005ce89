"""What croit does inside buckets: S3 with their owners' keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.simulators.croit.errors import CroitError, invalid
from tests.simulators.croit.records import (
    Details,
    Grant,
    Json,
    Key,
    Listing,
    StoredObject,
    Upload,
)

_CONFIG = Config(
    s3={"addressing_style": "path"},
    retries={"total_max_attempts": 1},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_GROUPS = {
    "ALL_USERS": "http://acs.amazonaws.com/groups/global/AllUsers",
    "AUTHENTICATED_USERS": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    "LOG_DELIVERY": "http://acs.amazonaws.com/groups/s3/LogDelivery",
}
_GRANTEES = {uri: name for name, uri in _GROUPS.items()}


class OwnersS3:
    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._boto = boto3.session.Session(region_name="default")

    def close(self) -> None:
        """Every client was closed after use."""

    @contextmanager
    def session(self, key: Key) -> Iterator[Inside]:
        """What fails in it is told as croit tells it."""
        with self._lock:
            client = self._boto.client(
                "s3",
                endpoint_url=self._endpoint,
                aws_access_key_id=key.access_key,
                aws_secret_access_key=key.secret_key,
                config=_CONFIG,
            )
        try:
            yield Inside(client)
        except ClientError as error:
            raise _refusal(error) from None
        except BotoCoreError:
            raise CroitError(500, "no RGW answers") from None
        finally:
            client.close()


def _refusal(error: ClientError) -> CroitError:
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return CroitError(status if status in {400, 404} else 500, f"S3 refused: {code}")


class Inside:
    """One owner's view."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def create_bucket(self, name: str, placement: str | None) -> None:
        where = {"CreateBucketConfiguration": {"LocationConstraint": f":{placement}"}}
        self._client.create_bucket(Bucket=name, **(where if placement else {}))

    def details(self, bucket: str) -> Details:
        acl = self._client.get_bucket_acl(Bucket=bucket)
        return Details(
            self._cors(bucket),
            [_grant(grant) for grant in acl["Grants"]],
            self._client.get_bucket_versioning(Bucket=bucket).get("Status", "off").upper(),
        )

    def _cors(self, bucket: str) -> list[Json]:
        try:
            rules: list[Json] = self._client.get_bucket_cors(Bucket=bucket)["CORSRules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
                raise
            return []
        return rules

    def set_versioning(self, bucket: str, versioning: str) -> None:
        status = {"Status": versioning.capitalize()}
        self._client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=status)

    def set_acl(self, bucket: str, owner: str, acl: list[Grant]) -> None:
        document = {"Owner": {"ID": owner}, "Grants": [_s3_grant(grant) for grant in acl]}
        self._client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=document)

    def policy(self, bucket: str) -> Json:
        found: Json = json.loads(self._client.get_bucket_policy(Bucket=bucket)["Policy"])
        return found

    def set_policy(self, bucket: str, policy: Json) -> None:
        self._client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def delete_policy(self, bucket: str) -> None:
        self._client.delete_bucket_policy(Bucket=bucket)

    def objects(
        self, bucket: str, prefix: str, *, flat: bool, limit: int, token: str | None
    ) -> Listing:
        more = {"ContinuationToken": token} if token else {}
        page = self._client.list_objects_v2(
            Bucket=bucket, Prefix=prefix, Delimiter="" if flat else "/", MaxKeys=limit, **more
        )
        return Listing(
            [
                StoredObject(
                    row["Key"], row["Size"], row["LastModified"].isoformat(), row["ETag"].strip('"')
                )
                for row in page.get("Contents", [])
            ],
            [row["Prefix"] for row in page.get("CommonPrefixes", [])],
            page.get("NextContinuationToken"),
        )

    def delete_object(self, bucket: str, key: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key)

    def uploads(self, bucket: str) -> list[Upload]:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
        return [
            Upload(row["Key"], row["UploadId"], row["Initiated"].isoformat())
            for page in pages
            for row in page.get("Uploads", [])
        ]

    def delete_upload(self, bucket: str, upload: Upload) -> None:
        self._client.abort_multipart_upload(
            Bucket=bucket, Key=upload.key, UploadId=upload.upload_id
        )


def _grant(row: Any) -> Grant:
    grantee = row["Grantee"]
    group = _GRANTEES.get(grantee.get("URI", ""), "SINGLE_USER")
    return Grant(group, row["Permission"], grantee.get("ID"), grantee.get("DisplayName"))


def _s3_grant(grant: Grant) -> Json:
    if grant.grantee in _GROUPS:
        grantee = {"Type": "Group", "URI": _GROUPS[grant.grantee]}
    elif grant.user_id:
        grantee = {"Type": "CanonicalUser", "ID": grant.user_id}
    else:
        raise invalid("SINGLE_USER needs a userId")
    return {"Grantee": grantee, "Permission": grant.permission}
