"""``/login``, the provider's callback, ``/logout`` and ``/login_basic``."""

import re
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.exceptions import NotFound, TooManyRequests
from werkzeug.wrappers import Response as BaseResponse

from storage_api.api.problems import problem
from storage_api.domain.errors import StorageError
from storage_api.metrics.instruments import SIGN_ON_FAILURES
from storage_api.security.basic import BasicAccount
from storage_api.security.limits import SignOnLimit
from storage_api.security.principal import role_table
from storage_api.security.provider import IdentityProvider
from storage_api.security.roles import Role
from storage_api.security.session import Session, end_session, start_session

# Neither "//host" nor "/\\host" (browsers read it as the former), nor control characters.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f\\]*")
_LONGEST_TARGET = 256

signon = Blueprint("signon", __name__)
log = structlog.get_logger(__name__)


@signon.get("/login")
def login() -> BaseResponse:
    """Sign on with the site's provider, and come back to the local path in ``next``.

    In debug mode everybody who asks gets every role.
    """
    if current_app.debug:
        log.warning("debug-login", remote=request.remote_addr)
        start_session(Session("developer", "developer (debug)", frozenset(Role)))
        return redirect(_local_target())
    return _provider().begin(url_for("signon.callback", _external=True), _local_target())


def callback() -> BaseResponse:
    """Where the provider sends the browser back to; mounted at the configured path."""
    _count("callback")
    try:
        identity, target = _provider().complete()
    except StorageError as error:
        # 4xx is the caller's or the provider's no; anything else the provider's trouble.
        reason = "refused" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "provider"
        SIGN_ON_FAILURES.labels("callback", reason).inc()
        raise
    roles = role_table().roles_of(identity.groups)
    start_session(Session(identity.subject, identity.display_name, roles))
    log.info("signed-on", who=identity.subject, roles=sorted(roles), groups=len(identity.groups))
    return redirect(target)


@signon.get("/login_basic")
def login_basic() -> BaseResponse:
    """Sign on with the one configured user name and password; gives all roles."""
    account: BasicAccount | None = current_app.extensions["storage_api_basic"]
    if account is None:
        raise NotFound("/login_basic is not set up here.")
    _count("basic")
    given = request.authorization
    if (
        given is None
        or given.type != "basic"
        or not account.accepts(given.username or "", given.password or "")
    ):
        if given is not None:  # without one, the browser only has not asked yet
            SIGN_ON_FAILURES.labels("basic", "refused").inc()
        return _challenge()
    name = given.username or ""
    start_session(Session(name, name, frozenset(Role)))
    return redirect(_local_target())


@signon.get("/logout")
def logout() -> BaseResponse:
    """End the session, and the provider's too where it offers that."""
    end_session()
    provider: IdentityProvider | None = current_app.extensions["storage_api_provider"]
    elsewhere = provider.logout_url(url_for("root", _external=True)) if provider else None
    return redirect(elsewhere or "/")


def _provider() -> IdentityProvider:
    provider: IdentityProvider = current_app.extensions["storage_api_provider"]
    return provider


def _count(what: str) -> None:
    limit: SignOnLimit = current_app.extensions["storage_api_limit"]
    if not limit.allows(what, request.remote_addr or ""):
        SIGN_ON_FAILURES.labels(what, "limit").inc()
        raise TooManyRequests("Too many tries to sign on; wait a minute.", retry_after=60)


def _challenge() -> Response:
    return problem(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "The user name or the password is wrong.",
        {"WWW-Authenticate": 'Basic realm="storage-api", charset="UTF-8"'},
    )


def _local_target() -> str:
    """The page asked for in ``next``, if it is one of ours."""
    target = request.args.get("next", "/")
    return target if len(target) <= _LONGEST_TARGET and _LOCAL_PATH.fullmatch(target) else "/"
