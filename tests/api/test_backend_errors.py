"""What callers see when a storage system fails: a status, never its words."""

import pytest

from tests.api.callers import assert_problem, call
from tests.api.foreign import LEAK
from tests.servers import service

CASES = [
    ("BackendUnavailable", 503, "backend-unavailable"),
    ("BackendTimeout", 504, "backend-timeout"),
    ("BackendRefused", 502, "backend-refused"),
    ("BackendMisbehaved", 502, "backend-misbehaved"),
    ("BackendFull", 507, "backend-full"),
    ("NotSupported", 501, "not-supported"),
    ("NotFound", 404, "not-found"),
    ("Conflict", 409, "conflict"),
    ("Invalid", 400, "invalid"),
    ("SomethingUnexpected", 500, "internal-error"),
]


@pytest.mark.usefixtures("foreign_backends")
@pytest.mark.parametrize(("error", "status", "code"), CASES)
def test_each_kind_of_failure_has_its_answer(error: str, status: int, code: str) -> None:
    app = service({"SAPI_BACKENDS": f"ill🌈FailingStorage🌈error🌈{error}"})
    response = call(app, "GET", "/v3/ill/capacity")
    problem = assert_problem(response, status)
    assert problem["code"] == code
    assert LEAK not in response.get_data(as_text=True)
    assert ("Retry-After" in response.headers) is (status == 503)


@pytest.mark.usefixtures("foreign_backends")
def test_debug_mode_shows_no_more() -> None:
    debug = service({"SAPI_BACKENDS": "ill🌈FailingStorage🌈error🌈Unexpected"})
    response = call(debug, "GET", "/v3/ill/capacity")
    assert_problem(response, 500)
    assert LEAK not in response.get_data(as_text=True)


@pytest.mark.usefixtures("foreign_backends")
def test_one_ill_back_end_leaves_the_others_alone() -> None:
    app = service({"SAPI_BACKENDS": "ill🌈FailingStorage🦄dummy🌈DummyStorage"})
    assert call(app, "GET", "/v3/ill/capacity").status_code == 503
    assert call(app, "GET", "/v3/dummy/volumes").status_code == 200
