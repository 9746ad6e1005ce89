"""The client: one service, and who asks."""

import os
from collections.abc import Mapping
from typing import Any, Self

from storage_api_client import environment
from storage_api_client.backend import Backend
from storage_api_client.caller import Caller
from storage_api_client.credentials import Anonymous, CookieFile, Credential, Token, TokenFile
from storage_api_client.errors import ConfigurationError
from storage_api_client.families.storage_resources import StorageResources
from storage_api_client.jobs import Jobs
from storage_api_client.transport import RETRIES, Request, Transport
from storage_api_client.version import __version__


class Client:
    """One service. Threads may share it.

    Give one of ``token``, ``token_file`` (read again when it changes) and ``cookies`` (a file
    of Netscape's form, also read again), or none of them. ``timeout`` is in seconds for
    each answer; what is safe to repeat is sent again up to ``retries`` times. ``verify`` is
    ``False``, or the path of certificates to trust.

    Raises:
        ConfigurationError: the address or the token will not do.
    """

    def __init__(  # noqa: PLR0913  # the ways to show who one is
        self,
        url: str,
        *,
        token: str | None = None,
        token_file: str | os.PathLike[str] | None = None,
        cookies: str | os.PathLike[str] | None = None,
        timeout: float = 30.0,
        verify: bool | str = True,
        user_agent: str = f"storage-api-client/{__version__}",
        retries: int = RETRIES,
    ) -> None:
        credential = _credential(token, token_file, cookies)
        self._transport = Transport(
            url,
            credential,
            timeout=timeout,
            verify=verify,
            user_agent=user_agent,
            retries=retries,
        )
        self._caller = Caller(self._transport)
        self.jobs = Jobs(self._caller)
        #: Where clients of the CSCS storage proxy look.
        self.storage_resources = StorageResources(self._caller, "/api/storage-resources/")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """What ``STORAGE_API_URL`` and its companions say; ``options`` are the constructor's.

        ``STORAGE_API_TOKEN``, ``STORAGE_API_TOKEN_FILE`` or ``STORAGE_API_COOKIES``; else what
        ``sapi login`` kept for this address; else nobody.
        """
        return cls(**{**environment.read(os.environ if environ is None else environ), **options})

    def __repr__(self) -> str:
        return f"<Client {self._transport.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Any call, by method and percent-encoded path: the decoded body, ``None`` for none."""
        query = None if params is None else dict(params)
        return self._caller.call(Request(method.upper(), path, json, query))

    def backends(self) -> list[str]:
        """The names of all back-ends."""
        return self._caller.names("/conf/subsystems")

    def backend(self, name: str) -> Backend:
        """One of them; nothing is asked until it is used."""
        return Backend(self._caller, name)

    def roles(self) -> list[str]:
        """The roles that there are."""
        return self._caller.names("/conf/roles")

    def my_roles(self) -> list[str]:
        """The roles of whoever this client shows itself as."""
        return self._caller.names("/conf/me/roles")

    def am_i_a(self, role: str) -> bool:
        return self._caller.truth(f"/conf/roles{self._caller.name(role)}/am_i_a")

    def role_groups(self, role: str) -> list[str]:
        """The groups that give a role."""
        path = f"/conf/roles{self._caller.name(role)}/egroups"
        return self._caller.names(path)


def _credential(
    token: str | None,
    token_file: str | os.PathLike[str] | None,
    cookies: str | os.PathLike[str] | None,
) -> Credential:
    if sum(given is not None for given in (token, token_file, cookies)) > 1:
        raise ConfigurationError("give one of token, token file and cookies, not several")
    if token is not None:
        return Token(token)
    if token_file is not None:
        return TokenFile(token_file)
    return CookieFile(cookies) if cookies is not None else Anonymous()
