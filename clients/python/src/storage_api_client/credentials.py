"""How a client shows who it is: a bearer token, or the cookies of a site's sign-on.

Files are read again when they change, so that whoever renews a token need not restart
what uses it, and are refused unless only their owner can read them. Nothing here prints a
secret.
"""

import os
import re
import stat
import threading
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from requests import PreparedRequest
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar, create_cookie, get_cookie_header

from storage_api_client.errors import ConfigurationError

Kept = TypeVar("Kept")

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


class _Watched(Generic[Kept]):
    """What ``parse`` makes of a private file, made anew when that has changed."""

    def __init__(self, path: str | os.PathLike[str], parse: Callable[[bytes, Path], Kept]) -> None:
        self._path = Path(path)
        self._parse = parse
        self._lock = threading.Lock()
        self._found: tuple[bytes, Kept] | None = None

    def value(self) -> Kept:
        """Raises ``ConfigurationError`` for a file that will not do, each time anew."""
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    status = os.fstat(file.fileno())
                    content = file.read()
            except OSError as error:
                raise ConfigurationError(f"{self._path}: {error.strerror}") from None
            if status.st_mode & _PRIVATE:
                raise ConfigurationError(
                    f"{self._path}: others may read it; make it yours alone: chmod 600"
                )
            if self._found is None or self._found[0] != content:
                self._found = content, self._parse(content, self._path)
            return self._found[1]


class TokenFile:
    """A bearer token out of a file, of which it is the only line."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = _Watched(path, _read_token)

    def apply(self, request: PreparedRequest) -> None:
        request.headers["Authorization"] = f"Bearer {self._file.value()}"


class CookieFile:
    """Cookies out of a file of Netscape's form, as curl and ``auth-get-sso-cookie`` write it.

    Each goes to the host that it was set by and to no other, not even one below that, unless
    the file says that it is for those, too.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = _Watched(path, _read_jar)

    def apply(self, request: PreparedRequest) -> None:
        header: str | None = get_cookie_header(  # type: ignore[no-untyped-call]
            self._file.value(), request
        )
        if header:
            request.headers["Cookie"] = header


def _read_token(content: bytes, path: Path) -> str:
    return checked_token(content.decode("ascii", errors="replace").strip(), str(path))


def _read_jar(content: bytes, path: Path) -> RequestsCookieJar:
    """By hand, for the standard library's reader quotes what it cannot read."""
    strict = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
    jar = RequestsCookieJar(strict)
    for line in content.decode(errors="replace").splitlines():
        bare = line.removeprefix(_HTTP_ONLY)
        if not bare.strip() or bare.startswith("#"):
            continue
        try:
            domain, below, folder, secure, expires, name, value = bare.split("\t")
            until = int(expires or 0)
        except ValueError:
            raise ConfigurationError(f"{path}: no file of cookies in Netscape's form") from None
        cookie = create_cookie(  # type: ignore[no-untyped-call]
            name,
            value,
            # The standard library's name of a host without dots.
            domain=domain if "." in domain else f"{domain}.local",
            path=folder,
            secure=secure == "TRUE",
            # Cookies of a session have 0 there.
            expires=until or None,
        )
        cookie.domain_specified = below == "TRUE"
        jar.set_cookie(cookie)
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
