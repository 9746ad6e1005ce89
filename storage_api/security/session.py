"""The session: a small signed cookie with subject, roles and expiry, and no token."""

import json
import time
from dataclasses import dataclass

import flask

from storage_api.security.roles import Role

LIFETIME_SECONDS = 8 * 3600
#: Bytes in the cookie, which stays below 1 KiB whatever a provider calls people. OpenID allows
#: subjects of 255 characters.
_SUBJECT_BYTES = 255
_NAME_BYTES = 120


@dataclass(frozen=True)
class Session:
    """Somebody who signed on."""

    subject: str
    display_name: str
    roles: frozenset[Role]


def start_session(session: Session) -> None:
    """Replace whatever session the caller had, so that none can be fixed beforehand."""
    flask.session.clear()
    flask.session.update(
        sub=_cut(session.subject, _SUBJECT_BYTES),
        name=_cut(session.display_name, _NAME_BYTES),
        roles=sorted(session.roles),
        exp=int(time.time()) + LIFETIME_SECONDS,
    )


def read_session() -> Session | None:
    """The caller's session, if there is one that has not ended."""
    data = flask.session
    if not data.get("sub") or data.get("exp", 0) <= time.time():
        return None
    known = {role for role in Role if role in data.get("roles", [])}
    return Session(data["sub"], data.get("name") or data["sub"], frozenset(known))


def end_session() -> None:
    flask.session.clear()


def _cut(text: str, most: int) -> str:
    """The start of ``text`` that takes no more bytes than ``most`` as JSON."""
    kept = text[:most]
    while len(json.dumps(kept)) > most + 2:
        kept = kept[:-1]
    return kept
