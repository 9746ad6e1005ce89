"""``/login``, ``/logout`` and ``/login_basic``."""

import re
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from storage_api.api.problems import problem
from storage_api.domain.errors import NotSupported
from storage_api.security.basic import BasicAccount
from storage_api.security.roles import Role
from storage_api.security.session import Session, end_session, start_session

# Neither "//host" nor "/\\host" (browsers read it as the former), nor control characters.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f\\]*")

signon = Blueprint("signon", __name__)
log = structlog.get_logger(__name__)


@signon.get("/login")
def login() -> BaseResponse:
    """Sign on. In debug mode everybody who asks is an uber-admin."""
    if not current_app.debug:
        raise NotSupported(
            "Single sign-on is not part of this version; use /login_basic where it is set up."
        )
    log.warning("debug-login", remote=request.remote_addr)
    start_session(Session("developer", "developer (debug)", frozenset(Role)))
    return redirect(_local_target())


@signon.get("/login_basic")
def login_basic() -> BaseResponse:
    """Sign on with the one configured user name and password; gives all roles."""
    account: BasicAccount | None = current_app.extensions["storage_api_basic"]
    if account is None:
        raise NotFound("/login_basic is not set up here.")
    given = request.authorization
    if (
        given is None
        or given.type != "basic"
        or not account.accepts(given.username or "", given.password or "")
    ):
        return _challenge()
    name = given.username or ""
    start_session(Session(name, name, frozenset(Role)))
    return redirect(_local_target())


@signon.get("/logout")
def logout() -> BaseResponse:
    """End the session."""
    end_session()
    return redirect("/")


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
    return target if _LOCAL_PATH.fullmatch(target) else "/"
