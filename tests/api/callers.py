"""Callers with chosen roles, and the shape of every error."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, session
from werkzeug.test import TestResponse

from storage_api.security.roles import Role
from storage_api.security.session import Session, start_session

PROBLEM_KEYS = {
    *("type", "title", "status", "detail", "code", "retryable", "request_id", "message"),
}


def cookie_of(app: Flask, *roles: Role) -> dict[str, str]:
    """The header of somebody who signed on and got ``roles``."""
    with app.test_request_context("/"):
        start_session(Session("somebody", "Somebody", frozenset(roles)))
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
    return {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}


def call(
    app: Flask, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
) -> TestResponse:
    client = app.test_client(use_cookies=False)
    return client.open(path, method=method, headers=dict(headers or {}), buffered=True, **more)


def assert_problem(response: TestResponse, status: int) -> dict[str, Any]:
    """``response`` is one whole problem document; answers it."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = response.get_json(force=True)
    assert set(problem) == PROBLEM_KEYS
    assert problem["status"] == status
    assert problem["type"] == f"urn:storage-api:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"] == problem["message"] != ""
    assert len(problem["detail"]) < 2000
    assert "Traceback" not in problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    return problem
