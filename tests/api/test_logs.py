"""One line of JSON for each request, one audit record for each write."""

import io
import json
import logging
from typing import Any

import pytest
from flask import Flask

from storage_api.domain.units import GIB
from storage_api.security.roles import Role
from tests.api.callers import call, cookie_of
from tests.servers import service


class Lines:
    """What a service logs from now on."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        for handler in logging.getLogger().handlers:
            if type(handler) is logging.StreamHandler:
                handler.stream = self._stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def of(self, logger: str) -> list[dict[str, Any]]:
        records = [json.loads(line) for line in self.text.splitlines()]
        return [record for record in records if record["logger"] == logger]


@pytest.fixture
def lines(app: Flask) -> Lines:
    return Lines()


@pytest.fixture
def admin(app: Flask) -> dict[str, str]:
    return cookie_of(app, *Role)


def test_every_request_is_one_line(app: Flask, lines: Lines) -> None:
    paths = ["/health/live", "/v3/dummy/volumes", "/nothing", "/v3/dummy/users", "/swagger.json"]
    for path in paths:
        call(app, "GET", path)
    records = lines.of("request")
    assert [record["path"] for record in records] == paths
    assert [record["status"] for record in records] == [200, 200, 404, 403, 200]
    for record in records:
        assert record["method"] == "GET"
        assert record["level"] == "info"
        assert record["ms"] >= 0
        assert record["timestamp"].endswith("Z")
        assert record["who"] == "anonymous"


@pytest.mark.parametrize("given", ["12345678", "a.b_c-D.123", "x" * 64])
def test_a_well_formed_request_id_is_taken_over(app: Flask, lines: Lines, given: str) -> None:
    response = call(app, "GET", "/v3/dummy/volumes/absent", {"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given
    assert response.get_json(force=True)["request_id"] == given
    assert [record["request_id"] for record in lines.of("request")] == [given]


@pytest.mark.parametrize("given", ["short", "x" * 65, "with blank", "a;b=c<script>", "é" * 10, ""])
def test_any_other_request_id_is_replaced(app: Flask, lines: Lines, given: str) -> None:
    response = call(app, "GET", "/health/live", {"X-Request-Id": given})
    made = response.headers["X-Request-Id"]
    assert made != given
    assert len(made) == 32
    assert lines.of("request")[0]["request_id"] == made


def test_ids_are_made_anew_for_each_request(app: Flask) -> None:
    made = {call(app, "GET", "/health/live").headers["X-Request-Id"] for _ in range(20)}
    assert len(made) == 20


def test_every_write_leaves_one_audit_record(
    app: Flask, lines: Lines, admin: dict[str, str]
) -> None:
    path = "/v3/dummy/volumes/audited"
    call(app, "POST", path, admin, json={"size_total": GIB})
    call(app, "POST", path, admin, json={"size_total": GIB})
    call(app, "DELETE", path)
    call(app, "DELETE", path, admin)
    call(app, "GET", path, admin)
    found = [(r["action"], r["status"], r["outcome"], r["who"]) for r in lines.of("audit")]
    assert found == [
        ("POST", 201, "done", "somebody"),
        ("POST", 400, "refused", "somebody"),
        ("DELETE", 403, "refused", "anonymous"),
        ("DELETE", 204, "done", "somebody"),
    ]
    for record in lines.of("audit"):
        assert record["target"] == path
        assert record["backend"] == "dummy"
        assert record["request_id"]
    assert lines.of("audit")[0]["roles"] == ["ADMIN", "UBER_ADMIN", "USER"]


def test_a_redirected_write_is_not_recorded_as_done(
    app: Flask, lines: Lines, admin: dict[str, str]
) -> None:
    call(app, "POST", "/dummy/volumes/audited", admin, json={"size_total": GIB})
    assert [record for record in lines.of("audit") if record["outcome"] == "done"] == []


def test_a_write_that_another_site_sends_is_recorded(
    app: Flask, lines: Lines, admin: dict[str, str]
) -> None:
    foreign = {"Origin": "https://evil.example", **admin}
    call(app, "DELETE", "/v3/dummy/volumes/v", foreign)
    (record,) = lines.of("audit")
    assert (record["status"], record["outcome"]) == (403, "refused")


@pytest.mark.usefixtures("foreign_backends")
def test_a_failing_back_end_is_logged_with_its_cause() -> None:
    app = service({"SAPI_BACKENDS": "ill🌈FailingStorage🌈error🌈BackendTimeout"})
    lines = Lines()
    request_id = call(app, "GET", "/v3/ill/capacity").headers["X-Request-Id"]
    records = [json.loads(line) for line in lines.text.splitlines()]
    (warning,) = [record for record in records if record["level"] == "warning"]
    assert warning["request_id"] == request_id
    assert "VendorError" in warning["cause"]


@pytest.mark.usefixtures("foreign_backends")
def test_an_unexpected_error_is_logged_with_its_trace() -> None:
    app = service({"SAPI_BACKENDS": "ill🌈FailingStorage🌈error🌈Unexpected"})
    lines = Lines()
    request_id = call(app, "GET", "/v3/ill/capacity").headers["X-Request-Id"]
    records = [json.loads(line) for line in lines.text.splitlines()]
    (error,) = [record for record in records if record["level"] == "error"]
    assert error["request_id"] == request_id
    assert "Traceback" in error["exception"]


@pytest.mark.parametrize(("level", "count"), [("DEBUG", 1), ("INFO", 1), ("warning", 0)])
def test_the_level_decides_what_is_logged(level: str, count: int) -> None:
    app = service({"SAPI_LOG_LEVEL": level})
    lines = Lines()
    call(app, "GET", "/health/live")
    assert len(lines.of("request")) == count


def test_nobody_can_forge_a_line(app: Flask, lines: Lines) -> None:
    call(app, "GET", '/v3/dummy/volumes/a%0a{"event":"forged"}')
    assert len(lines.of("request")) == 1
    assert len(lines.text.splitlines()) == 1


def test_audit_records_are_kept_at_any_level() -> None:
    app = service({"SAPI_LOG_LEVEL": "ERROR"})
    lines = Lines()
    call(app, "POST", "/v3/dummy/volumes/audited", cookie_of(app, *Role), json={"size_total": GIB})
    assert [record["status"] for record in lines.of("audit")] == [201]


def test_debug_mode_does_not_change_the_level() -> None:
    service({"SAPI_LOG_LEVEL": "ERROR"})
    assert not logging.getLogger("storage_api.transport.http").isEnabledFor(logging.WARNING)
