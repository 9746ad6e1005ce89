"""The probes' answers, also while a storage system hangs."""

import socket
import time
from collections.abc import Iterator

import pytest

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.servers import DUMMY, service

#: A probe may wait this long for the very first answer of back-ends, and no longer.
PATIENCE_SECONDS = 3.0


def test_live_needs_nothing() -> None:
    response = call(service(), "GET", "/health/live")
    assert (response.status_code, response.get_json()) == (200, {"status": "live"})


def test_ready_tells_how_each_back_end_is() -> None:
    response = call(service(), "GET", "/health/ready")
    assert response.status_code == 200
    state = response.get_json()["backends"]["dummy"]
    assert (state["status"], state["detail"]) == ("up", None)
    assert state["checked_at"].endswith("Z")


@pytest.mark.usefixtures("foreign_backends")
def test_a_back_end_that_is_down_does_not_make_the_service_unready() -> None:
    app = service(
        {"SAPI_BACKENDS": f"{DUMMY}🦄ill🌈FailingStorage🦄odd🌈FailingStorage🌈error🌈Oops"}
    )
    response = call(app, "GET", "/health/ready")
    backends = response.get_json()["backends"]
    assert response.status_code == 200
    assert {name: state["status"] for name, state in backends.items()} == {
        "dummy": "up",
        "ill": "down",
        "odd": "down",
    }
    assert backends["ill"]["detail"] == "The storage system is ill."


@pytest.mark.usefixtures("foreign_backends")
def test_nobody_waits_for_a_back_end_that_hangs() -> None:
    app = service({"SAPI_BACKENDS": f"{DUMMY}🦄one🌈HangingStorage🦄two🌈HangingStorage"})
    began = time.monotonic()
    backends = call(app, "GET", "/health/ready").get_json()["backends"]
    assert {name: state["status"] for name, state in backends.items()} == {
        "dummy": "up",
        "one": "unknown",
        "two": "unknown",
    }
    assert call(app, "GET", "/health/live").status_code == 200
    assert call(app, "GET", "/conf/subsystems/one").get_json()["state"] == "unknown"
    assert time.monotonic() - began < PATIENCE_SECONDS


@pytest.mark.usefixtures("foreign_backends")
def test_a_service_starts_while_its_back_ends_are_down() -> None:
    app = service({"SAPI_BACKENDS": "ill🌈FailingStorage"})
    state = call(app, "GET", "/conf/subsystems/ill").get_json()
    assert (state["state"], state["detail"]) == ("down", "The storage system is ill.")


RADOSGW = (
    "gone🌈RadosgwStorage🌈admin_access_key🌈a🌈admin_secret_key🌈s🌈read_timeout🌈0.5🌈endpoint🌈"
)


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_gateway_that_says_nothing_holds_up_its_own_callers_only(black_hole: str) -> None:
    app = service({"SAPI_BACKENDS": f"{DUMMY}🦄{RADOSGW}{black_hole}"})
    began = time.monotonic()
    backends = call(app, "GET", "/health/ready").get_json()["backends"]
    assert backends["dummy"]["status"] == "up"
    assert backends["gone"]["status"] in {"unknown", "down"}
    assert call(app, "GET", "/v3/dummy/volumes").status_code == 200
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert_problem(call(app, "GET", "/v3/gone/users", cookie_of(app, *Role)), 504)


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening, so that every connection is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        app = service({"SAPI_BACKENDS": f"{RADOSGW}{url}"})
        response = call(app, "GET", "/v3/gone/users", cookie_of(app, *Role))
        assert_problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0
        assert url not in response.get_data(as_text=True)
