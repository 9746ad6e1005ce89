"""What the tests arrange and look at without the back-end's help."""

import itertools
import json
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.domain.models import NewKey, Ref
from storage_api.domain.secrets import Secret
from storage_api.transport.gate import Gate
from storage_api.transport.http import HttpClient, TransportSettings
from storage_api.transport.signing import SigV4
from tests.services.ceph import Gateway

_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name that nothing on this cluster has yet."""
    return f"{prefix}{next(_numbers)}"


class Lab:
    """The gateway, reached directly."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        settings = TransportSettings("lab", 5, 30, 16)
        auth = SigV4(gateway.access_key, Secret(gateway.secret_key), "default")
        self._http = HttpClient(settings, Gate("lab", 16), auth)

    def storage(self, **options: Any) -> RadosgwStorage:
        """A back-end of its own, with its own gate."""
        known: dict[str, Any] = {
            "endpoint": self.gateway.endpoint,
            "admin_access_key": self.gateway.access_key,
            "admin_secret_key": Secret(self.gateway.secret_key),
        }
        return RadosgwStorage(RadosgwOptions(**(known | options)))

    def admin(self, method: str, path: str, flag: str = "", **parameters: Any) -> Any:
        """One Admin Ops call that must work; ``_`` in a parameter's name stands for ``-``."""
        pairs = [
            f"{name.replace('_', '-')}={quote(str(value), safe='')}"
            for name, value in parameters.items()
        ]
        url = f"{self.gateway.endpoint}/admin/{path}?{'&'.join([flag, *pairs]).lstrip('&')}"
        answer = self._http.request(method, url, repeatable=False)
        assert answer.status == 200, (answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None

    def user_row(self, uid: str) -> Any:
        return self.admin("GET", "user", uid=uid)

    def live_keys(self, uid: str) -> list[str]:
        """Every key of the user, temporary ones included."""
        return [row["access_key"] for row in self.user_row(uid)["keys"]]

    def uids(self) -> list[str]:
        found: list[str] = self.admin("GET", "metadata/user")
        return found

    def s3(self, key: NewKey) -> Any:
        """A customer's client."""
        return boto3.client(
            "s3",
            endpoint_url=self.gateway.endpoint,
            region_name="default",
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret_key,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )


def new_user(storage: RadosgwStorage, namespace: str | None = None, **fields: Any) -> Ref:
    user = Ref(namespace, fresh("user"))
    made, created = storage.create_user(user, fields)  # type: ignore[arg-type]
    assert created
    assert made.key_ids == []
    return user


def new_bucket(storage: RadosgwStorage, owner: Ref, **fields: Any) -> Ref:
    bucket = Ref(owner.namespace, fresh("bucket"))
    wanted: Any = {"owner": owner.name, **fields}
    assert storage.create_bucket(bucket, wanted)[1]
    return bucket


def refusal(call: Any, **arguments: Any) -> str:
    """The code with which S3 refuses a customer's call."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    raise AssertionError("S3 allowed it")
