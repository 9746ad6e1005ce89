"""Signs requests as S3 does (AWS signature version 4); botocore does the arithmetic."""

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest
from requests.auth import AuthBase

from storage_api.domain.secrets import Secret


class SigV4(AuthBase):
    """Adds the S3 variant of the signature.

    RGW refuses the generic variant, which lacks ``x-amz-content-sha256``.
    """

    def __init__(self, access_key: str, secret_key: Secret, region: str) -> None:
        self._credentials = Credentials(access_key, secret_key.reveal())
        self._region = region

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed = AWSRequest(method=request.method, url=request.url, data=request.body or b"")
        S3SigV4Auth(self._credentials, "s3", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request
