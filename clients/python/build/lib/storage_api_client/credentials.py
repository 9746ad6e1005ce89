"""How a client shows who it is: a bearer token, or the cookies of a site's sign-on.

Files are read again when they change, so that whoever renews a token need not restart
what uses it, and are refused unless only their owner can read them. Nothing here prints a
secret.
"""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from requests import PreparedRequest
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar, create_cookie, get_cookie_header

from storage_api_client.errors import ConfigurationError

_PRIVATE = stat.S_IRWXG | stat.S_IRWXO
#: Before the domain of a cookie that scripts in a page do not see.
_HTTP_ONLY = "#HttpOnly_"
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Credential(Protocol):
    """Adds what it takes to one request."""

    def apply(self, request: PreparedRequest) -> None:
        """Raises ``ConfigurationError`` if a file will not do."""


class Anonymous:
    """Shows nothing: for services where reading is open to everybody."""

    def apply(self, request: PreparedRequest) -> None:
        del request


class Token:
    """A bearer token."""

    def __init__(self, token: str) -> None:
        self._token = checked_token(token, "the token")

    def apply(self, request: PreparedRequest) -> None:
        request.headers["Authorization"] = f"Bearer {self._token}"


@dataclass
class _Watched:
    """A private file that is read when it is new or has changed."""

    path: Path
    _seen: tuple[int, int, int] | None = field(default=None, init=False)

    def changed(self) -> bytes | None:
        """The content if it is not what it was at the last call."""
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _PRIVATE:
                    raise ConfigurationError(
                        f"{self.path}: others may read it; make it yours alone: chmod 600"
                    )
                seen = (status.st_ino, status.st_mtime_ns, status.st_size)
                if seen == self._seen:
                    return None
                content = file.read()
        except OSError as error:
            raise ConfigurationError(f"{self.path}: {error.strerror}") from None
        self._seen = seen
        return content


class TokenFile:
    """A bearer token out of a file, of which it is the only line."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = _Watched(Path(path))
        self._token = ""

    def apply(self, request: PreparedRequest) -> None:
        if (content := self._file.changed()) is not None:
            text = content.decode("ascii", errors="replace").strip()
            self._token = checked_token(text, str(self._file.path))
        request.headers["Authorization"] = f"Bearer {self._token}"


class CookieFile:
    """Cookies out of a file of Netscape's form, as curl and ``auth-get-sso-cookie`` write it.

    Each goes to the host that it was set by and to no other.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = _Watched(Path(path))
        self._jar = RequestsCookieJar()

    def apply(self, request: PreparedRequest) -> None:
        if (content := self._file.changed()) is not None:
            self._jar = _read_jar(content.decode(errors="replace"), self._file.path)
        header: str | None = get_cookie_header(self._jar, request)  # type: ignore[no-untyped-call]
        if header:
            request.headers["Cookie"] = header


def _read_jar(text: str, path: Path) -> RequestsCookieJar:
    """By hand, for the standard library's reader quotes what it cannot read."""
    jar = RequestsCookieJar()
    for line in text.splitlines():
        bare = line.removeprefix(_HTTP_ONLY)
        if not bare.strip() or bare.startswith("#"):
            continue
        try:
            domain, _, folder, secure, expires, name, value = bare.split("\t")
            until = int(expires or 0)
        except ValueError:
            raise ConfigurationError(f"{path}: no file of cookies in Netscape's form") from None
        jar.set_cookie(
            create_cookie(  # type: ignore[no-untyped-call]
                name,
                value,
                domain=domain,
                path=folder,
                secure=secure == "TRUE",
                # Cookies of a session have 0 there.
                expires=until or None,
            )
        )
    return jar


class Auth(AuthBase):
    """Hands a credential to requests, which then leaves ``~/.netrc`` alone."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self._credential.apply(request)
        return request


def checked_token(text: str, where: str) -> str:
    """``text`` if it can be a header's value; raises ``ConfigurationError``, without the text."""
    if not _TOKEN.fullmatch(text):
        raise ConfigurationError(f"{where}: a token is one word of visible ASCII characters")
    return text
