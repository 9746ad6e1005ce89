"""The gateway's Admin Ops API, called as its administrator."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.adapters import HTTPAdapter

from tests.services.ceph import Gateway
from tests.simulators.croit.errors import (
    CroitError,
    Duplicate,
    email_taken,
    has_buckets,
    invalid,
    key_taken,
    no_such_key,
)

_SECONDS = 60
_CONNECTIONS = 64


class AdminOps:
    """Safe to use from many threads."""

    def __init__(self, gateway: Gateway) -> None:
        self._base = f"{gateway.endpoint}/admin"
        self._signer = S3SigV4Auth(
            Credentials(gateway.access_key, gateway.secret_key), "s3", "default"
        )
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS))

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, flag: str = "", **parameters: Any) -> Any:
        """The answer's JSON, or None; ``_`` in a parameter's name stands for ``-``.

        Raises:
            CroitError: what croit says when Ceph refuses.
        """
        pairs = [
            f"{name.replace('_', '-')}={quote(str(value), safe='')}"
            for name, value in parameters.items()
            if value is not None
        ]
        url = f"{self._base}/{path}?{'&'.join([flag, *pairs] if flag else pairs)}"
        signed = AWSRequest(method, url)
        self._signer.add_auth(signed)
        try:
            answer = self._session.request(
                method, url, headers=dict(signed.headers), timeout=_SECONDS
            )
        except requests.RequestException:
            raise CroitError(500, "no RGW answers") from None
        if answer.status_code != HTTPStatus.OK:
            raise _refusal(answer)
        return answer.json() if answer.content else None


def _refusal(answer: requests.Response) -> CroitError:
    try:
        code = str(answer.json()["Code"])
    except (ValueError, KeyError):
        code = f"HTTP {answer.status_code}"
    match code:
        case "UserAlreadyExists":
            return Duplicate("could not create user: unable to create user, user exists")
        case "EmailExists":
            return email_taken()
        case "KeyExists":
            return key_taken()
        case "InvalidAccessKeyId":
            return no_such_key()
        case "BucketAlreadyExists":
            return has_buckets()
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return CroitError(404, f"not found: {code}")
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        return invalid(code)
    return CroitError(500, f"RGW refused: {code}")
