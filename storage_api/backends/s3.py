"""The S3 side of an object store, through boto3: what a bucket's owner may set on it.

Shared by the back-ends whose administration API leaves versioning, policies and the
like to S3. Every call goes through the back-end's ``Gate``, is sent once, and ends
within the deadline of the request that is served. boto3 is imported by the first
call, reads neither the environment nor any file, and none of its exceptions leaves.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from storage_api.backends.s3_errors import S3Refusal, refuse_page, translated
from storage_api.domain.secrets import Secret
from storage_api.metrics.systems import System
from storage_api.transport.context import current_operation, current_request_id, seconds_left
from storage_api.transport.gate import Gate
from storage_api.transport.http import TransportSettings
from storage_api.transport.turns import check_turns

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetBucketVersioningOutputTypeDef

T = TypeVar("T")

_MOST_CLIENTS = 32
_CLIENT_SECONDS = 300.0
_SHORTEST_TIMEOUT = 0.5

# At DEBUG botocore writes the Authorization header of every request.
logging.getLogger("botocore").setLevel(logging.INFO)

_headers: ContextVar[Mapping[str, str]] = ContextVar("s3_headers", default={})  # noqa: B039  # never changed


@dataclass(frozen=True)
class S3Key:
    """The credential of a bucket's owner."""

    access_key: str
    secret_key: Secret


class S3Plane:
    """Gives out buckets to work on; safe to share between threads."""

    def __init__(self, endpoint: str, region: str, settings: TransportSettings, gate: Gate) -> None:
        self._endpoint = endpoint
        self._region = region
        self._settings = settings
        self._gate = gate
        self._metrics = System(settings.name)
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: OrderedDict[tuple[S3Key, float], tuple[float, S3Client]] = OrderedDict()

    def bucket(self, key: S3Key, name: str) -> S3Bucket:
        return S3Bucket(self, key, name)

    def run(
        self, key: S3Key, call: Callable[[S3Client], T], headers: Mapping[str, str] | None = None
    ) -> T:
        """``call`` a client that signs with ``key``; raises our errors or an ``S3Refusal``."""
        request_id = current_request_id()
        extra = {"X-Request-Id": request_id} if request_id else {}
        token = _headers.set({**extra, **(headers or {})})
        try:
            counted = self._metrics.call(current_operation(), S3Refusal)
            with self._gate.enter():
                check_turns()
                with counted, translated(self._settings.name):
                    return call(self._client(key))
        finally:
            _headers.reset(token)

    def _client(self, key: S3Key) -> S3Client:
        timeout = self._timeout()
        now = time.monotonic()
        with self._lock:  # boto3 shares clients between threads, but does not make them so
            born, client = self._clients.get((key, timeout), (0.0, None))
            if client is None or now - born > _CLIENT_SECONDS:
                client = self._make_client(key, timeout)
                self._clients[key, timeout] = now, client
            self._clients.move_to_end((key, timeout))
            while len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
        return client

    def _timeout(self) -> float:
        """A client's time-outs are fixed, so near the deadline one with shorter ones is taken."""
        full = self._settings.read_timeout
        left = seconds_left(full)
        if left >= full:
            return full
        step = _SHORTEST_TIMEOUT
        while step * 2 <= left:
            step *= 2
        return step

    def _make_client(self, key: S3Key, timeout: float) -> S3Client:
        from botocore.config import Config  # noqa: PLC0415  # slow to import

        if self._session is None:
            self._session = _isolated_session()
        client: S3Client = self._session.client(
            "s3",
            endpoint_url=self._endpoint,
            region_name=self._region,
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret_key.reveal(),
            verify=self._settings.verify,
            config=Config(
                s3={"addressing_style": "path"},
                signature_version="s3v4",
                connect_timeout=min(self._settings.connect_timeout, timeout),
                read_timeout=timeout,
                max_pool_connections=self._settings.concurrency,
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                proxies={},
            ),
        )
        client.meta.events.register("before-call.s3", _add_headers)
        client.meta.events.register("before-parse.s3", self._refuse_page)
        return client

    def _refuse_page(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        refuse_page(self._settings.name, response_dict)


def _isolated_session() -> Any:
    """A session that takes nothing from ``AWS_*`` variables or ``~/.aws`` of whoever runs us."""
    import boto3.session  # noqa: PLC0415  # slow to import
    import botocore.session  # noqa: PLC0415

    nothing = {"profile": (None, None, None, None)}
    core = botocore.session.Session(session_vars=nothing)
    for name in ("config_file", "credentials_file"):
        core.set_config_variable(name, os.devnull)
    return boto3.session.Session(botocore_session=core)


def _add_headers(params: dict[str, Any], **_: Any) -> None:
    params["headers"].update(_headers.get())


class S3Bucket:
    """One bucket, seen with one key. ``None`` stands for a document that is not there."""

    def __init__(self, plane: S3Plane, key: S3Key, name: str) -> None:
        self._plane = plane
        self._key = key
        self._name = name

    def create(self, *, location: str | None, storage_class: str | None, object_lock: bool) -> None:
        wanted: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if object_lock else {}
        if location:
            wanted["CreateBucketConfiguration"] = {"LocationConstraint": location}
        headers = {"x-amz-storage-class": storage_class} if storage_class else None
        self._run(lambda s3: s3.create_bucket(Bucket=self._name, **wanted), headers)

    def created(self) -> datetime | None:
        """When it was made, as the list of all of the owner's buckets tells."""
        rows = self._run(lambda s3: s3.list_buckets())["Buckets"]
        return next((row["CreationDate"] for row in rows if row["Name"] == self._name), None)

    def has_storage_class(self, name: str) -> bool:
        """RGW checks this header on every request, so a read tells without writing anything."""
        headers = {"x-amz-storage-class": name}
        return self._find("InvalidArgument", self._versioning, headers) is not None

    def versioning(self) -> str | None:
        return self._run(self._versioning).get("Status")

    def set_versioning(self, status: str) -> None:
        wanted: Any = {"Status": status}
        self._run(
            lambda s3: s3.put_bucket_versioning(Bucket=self._name, VersioningConfiguration=wanted)
        )

    def object_lock(self) -> bool:
        found = self._find(
            "ObjectLockConfigurationNotFoundError",
            lambda s3: s3.get_object_lock_configuration(Bucket=self._name),
        )
        return bool(found and found["ObjectLockConfiguration"].get("ObjectLockEnabled"))

    def tags(self) -> list[Any]:
        found = self._find("NoSuchTagSet", lambda s3: s3.get_bucket_tagging(Bucket=self._name))
        return list(found["TagSet"]) if found else []

    def set_tags(self, tags: list[Any]) -> None:
        if tags:
            wanted: Any = {"TagSet": tags}
            self._run(lambda s3: s3.put_bucket_tagging(Bucket=self._name, Tagging=wanted))
        else:
            self._run(lambda s3: s3.delete_bucket_tagging(Bucket=self._name))

    def lifecycle(self) -> list[Any] | None:
        found = self._find(
            "NoSuchLifecycleConfiguration",
            lambda s3: s3.get_bucket_lifecycle_configuration(Bucket=self._name),
        )
        return list(found.get("Rules", [])) if found else None

    def set_lifecycle(self, rules: list[Any] | None) -> None:
        if rules is None:
            self._run(lambda s3: s3.delete_bucket_lifecycle(Bucket=self._name))
            return
        wanted: Any = {"Rules": rules}
        self._run(
            lambda s3: s3.put_bucket_lifecycle_configuration(
                Bucket=self._name, LifecycleConfiguration=wanted
            )
        )

    def policy(self) -> str | None:
        found = self._find("NoSuchBucketPolicy", lambda s3: s3.get_bucket_policy(Bucket=self._name))
        return found["Policy"] if found else None

    def set_policy(self, text: str | None) -> None:
        if text is None:
            self._run(lambda s3: s3.delete_bucket_policy(Bucket=self._name))
        else:
            self._run(lambda s3: s3.put_bucket_policy(Bucket=self._name, Policy=text))

    def cors(self) -> list[Any] | None:
        found = self._find(
            "NoSuchCORSConfiguration", lambda s3: s3.get_bucket_cors(Bucket=self._name)
        )
        return list(found.get("CORSRules", [])) if found else None

    def set_cors(self, rules: list[Any] | None) -> None:
        if rules is None:
            self._run(lambda s3: s3.delete_bucket_cors(Bucket=self._name))
            return
        wanted: Any = {"CORSRules": rules}
        self._run(lambda s3: s3.put_bucket_cors(Bucket=self._name, CORSConfiguration=wanted))

    def count_versions(self, at_most: int) -> tuple[int, int]:
        """(object versions, delete markers), counted no further than ``at_most`` together."""
        page = self._run(lambda s3: s3.list_object_versions(Bucket=self._name, MaxKeys=at_most))
        return len(page.get("Versions", [])), len(page.get("DeleteMarkers", []))

    def _versioning(self, s3: S3Client) -> GetBucketVersioningOutputTypeDef:
        return s3.get_bucket_versioning(Bucket=self._name)

    def _run(self, call: Callable[[S3Client], T], headers: Mapping[str, str] | None = None) -> T:
        try:
            return self._plane.run(self._key, call, headers)
        except S3Refusal as refusal:
            raise refusal.meaning() from refusal

    def _find(
        self,
        absent: str,
        call: Callable[[S3Client], T],
        headers: Mapping[str, str] | None = None,
    ) -> T | None:
        try:
            return self._plane.run(self._key, call, headers)
        except S3Refusal as refusal:
            if refusal.code == absent:
                return None
            raise refusal.meaning() from refusal
