"""Who is calling: a bearer token tells, or else the session, or else nobody is known."""

from dataclasses import dataclass

from flask import current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from storage_api.metrics.instruments import SIGN_ON_FAILURES
from storage_api.security.roles import Role, RoleTable
from storage_api.security.session import Session, read_session
from storage_api.security.tokens import TokenError, TokenVerifier


@dataclass(frozen=True)
class Principal:
    """A caller. ``subject`` is ``None`` for somebody who is not signed on."""

    subject: str | None
    display_name: str | None
    roles: frozenset[Role]

    @property
    def label(self) -> str:
        """For logs and audit records."""
        return self.subject or "anonymous"


def role_table() -> RoleTable:
    table: RoleTable = current_app.extensions["storage_api_roles"]
    return table


def current_principal() -> Principal:
    """The caller of the request that is being served."""
    if "principal" not in g:
        g.principal = _of_session(read_session())
    principal: Principal = g.principal
    return principal


def check_bearer_token() -> None:
    """Take the caller from the request's bearer token, if it carries one.

    Raises:
        Unauthorized: the token is not accepted. The cookie is never asked instead.
        BackendError: the provider, whose keys are needed, is out of reach.
    """
    given = request.authorization
    if given is None or given.type != "bearer":
        return
    g.principal = _of_session(None)  # whoever is refused below is nobody, in the log as well
    verifier: TokenVerifier | None = current_app.extensions["storage_api_tokens"]
    if verifier is None:
        raise _refused("bearer tokens are not set up here")
    try:
        identity = verifier.verify(given.token or "")
    except TokenError as error:
        raise _refused(str(error)) from None
    roles = role_table().roles_of(identity.groups)
    g.principal = Principal(identity.subject, identity.display_name, roles)


def _refused(reason: str) -> Unauthorized:
    SIGN_ON_FAILURES.labels("bearer", "refused").inc()
    challenge = WWWAuthenticate(
        "bearer",
        {"realm": "storage-api", "error": "invalid_token", "error_description": reason},
    )
    return Unauthorized(f"The bearer token is not accepted: {reason}.", www_authenticate=challenge)


def _of_session(session: Session | None) -> Principal:
    open_roles = {Role.USER} if role_table().everybody_is_user else set()
    if session is None:
        return Principal(None, None, frozenset(open_roles))
    return Principal(session.subject, session.display_name, frozenset(session.roles | open_roles))
