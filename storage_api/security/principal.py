"""Who is calling."""

from dataclasses import dataclass

from flask import current_app, g

from storage_api.security.roles import Role, RoleTable
from storage_api.security.session import Session, read_session


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
        g.principal = _identify(read_session())
    principal: Principal = g.principal
    return principal


def _identify(session: Session | None) -> Principal:
    open_roles = {Role.USER} if role_table().everybody_is_user else set()
    if session is None:
        return Principal(None, None, frozenset(open_roles))
    return Principal(session.subject, session.display_name, frozenset(session.roles | open_roles))
