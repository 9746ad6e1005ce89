"""The one user name and password of ``/login_basic``, for places without single sign-on."""

import hmac

from storage_api.domain.secrets import Secret


class BasicAccount:
    """Compares in constant time: how long it takes tells nothing about either part."""

    def __init__(self, username: Secret, password: Secret) -> None:
        self._username = username.reveal().encode()
        self._password = password.reveal().encode()

    def accepts(self, username: str, password: str) -> bool:
        right_name = hmac.compare_digest(username.encode(), self._username)
        right_password = hmac.compare_digest(password.encode(), self._password)
        return right_name & right_password
