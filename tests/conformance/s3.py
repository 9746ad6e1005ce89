"""An independent S3 client, for what owners of buckets do themselves."""

from typing import Any

import boto3
from botocore.config import Config

from tests.conformance.client import fresh
from tests.conformance.target import Place, key_id


def s3_client(endpoint: str, key: dict[str, Any]) -> Any:
    """A client with a key that our API made."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["access_key"],
        aws_secret_access_key=key["secret_key"],
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=30,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class ObjectWriter:
    """Puts objects into buckets with their owners' keys, which it lets our API make and delete."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def __call__(self, place: Place, owner: str, bucket: str, size: int) -> None:
        keys = place.url("users", owner, "keys")
        key = place.api.post(keys).expect(201)
        client = s3_client(self._endpoint, key)
        client.put_object(Bucket=bucket, Key=fresh("object"), Body=b"x" * size)
        place.api.delete(f"{keys}/{key_id(key)}").expect(204)
