"""Signs on to ONTAP with a name and a password."""

import base64

from requests import PreparedRequest
from requests.auth import AuthBase

from storage_api.domain.secrets import Secret


class Utf8Basic(AuthBase):
    """Basic authentication with a password in any alphabet; requests would encode Latin-1."""

    def __init__(self, username: str, password: Secret) -> None:
        self._username = username
        self._password = password

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        pair = f"{self._username}:{self._password.reveal()}".encode()
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return request
