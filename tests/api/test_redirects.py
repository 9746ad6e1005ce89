"""The short form of v3's paths."""

import pytest
from flask import Flask

from tests.api.callers import call
from tests.conformance.client import InProcess


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/dummy/volumes", "/v3/dummy/volumes"),
        ("/dummy/volumes?name=a*&limit=3", "/v3/dummy/volumes?name=a*&limit=3"),
        ("/dummy/volumes/node:/a/b?x=%26%3D", "/v3/dummy/volumes/node:/a/b?x=%26%3D"),
        ("/dummy/users/a%20b", "/v3/dummy/users/a%20b"),
    ],
)
def test_method_body_and_query_are_kept(app: Flask, method: str, path: str, target: str) -> None:
    response = call(app, method, path)
    assert response.status_code == 308
    assert response.headers["Location"] == target


def test_a_client_that_follows_gets_there(app: Flask, api: InProcess) -> None:
    client = app.test_client()
    client.get("/login")
    body = {"size_total": 1024**3}
    made = client.post("/dummy/volumes/short", json=body, follow_redirects=True)
    assert made.status_code == 201
    assert api.get("/v3/dummy/volumes/short").expect(200)["size_total"] == 1024**3


@pytest.mark.parametrize(
    "path", ["//evil.example", "///evil.example/x", "/dummy//evil.example/x", "/dummy/\r\nX: y"]
)
def test_no_redirect_leads_elsewhere(app: Flask, path: str) -> None:
    response = call(app, "GET", "/", environ_overrides={"PATH_INFO": path})
    location = response.headers.get("Location", "/v3/dummy/")
    assert location.startswith(("/v3/dummy/", "http://localhost/"))
    assert "\n" not in location
    assert "X" not in response.headers
