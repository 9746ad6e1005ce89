"""How much of the service questions for usage may take."""

from contextlib import ExitStack

from flask import Flask

from storage_api.metering.meter import AT_ONCE
from tests.api.callers import assert_problem, call


def test_only_so_many_ask_at_once_and_other_families_go_on(app: Flask) -> None:
    meter = app.extensions["storage_api_meter"]
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(meter.door.enter())
        for path in ("/v3/dummy/usage", "/v3/dummy/usage.svg"):
            refused = call(app, "GET", path)
            assert_problem(refused, 503)
            assert int(refused.headers["Retry-After"]) > 0
        assert call(app, "GET", "/v3/dummy/buckets").status_code == 200
    assert call(app, "GET", "/v3/dummy/usage").get_json() == []
