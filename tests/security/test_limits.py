"""How often one address may try to sign on: in one process, and with Redis in all together."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from storage_api.app import SIGN_ONS_PER_MINUTE
from tests.api.callers import assert_problem, call
from tests.conftest import skip_or_fail
from tests.security.test_signon import BASIC, PRODUCTION, basic
from tests.servers import DUMMY, service, uwsgi_server
from tests.services.redis import INSTALL, PASSWORD, RedisServer, is_missing, redis_server

SETTINGS = {**PRODUCTION, **BASIC, "SAPI_PROXIES": "1"}
RIGHT, WRONG = basic("operator", "pä:ss wörd"), basic("operator", "wrong")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    if is_missing():
        skip_or_fail(f"redis-server not installed: {INSTALL}")
    with redis_server(tmp_path) as server:
        yield server


def use_up(app: Flask, path: str, address: str = "10.0.0.1") -> list[int]:
    headers = {**WRONG, "X-Forwarded-For": address}
    return [call(app, "GET", path, headers).status_code for _ in range(SIGN_ONS_PER_MINUTE)]


@pytest.mark.parametrize(("path", "status"), [("/login_basic", 401), ("/oauth-done", 400)])
def test_too_many_tries_are_429(path: str, status: int) -> None:
    app = service(SETTINGS)
    assert use_up(app, path) == [status] * SIGN_ONS_PER_MINUTE
    refused = call(app, "GET", path, {**RIGHT, "X-Forwarded-For": "10.0.0.1"})
    assert_problem(refused, 429)
    assert refused.headers["Retry-After"] == "60"
    assert "Set-Cookie" not in refused.headers
    other = call(app, "GET", path, {**WRONG, "X-Forwarded-For": "10.0.0.2"})
    assert other.status_code == status
    # Whoever is signed on goes on working, and everything else is open to that address.
    assert call(app, "GET", "/conf/roles", {"X-Forwarded-For": "10.0.0.1"}).status_code == 200


def test_the_address_is_the_one_that_the_nearest_proxy_saw() -> None:
    """What a client writes into the header itself comes first there, and does not count."""
    app = service(SETTINGS)
    use_up(app, "/login_basic")
    for lie in ("10.9.9.9, 10.0.0.1", "::1, 10.0.0.1"):
        response = call(app, "GET", "/login_basic", {**WRONG, "X-Forwarded-For": lie})
        assert response.status_code == 429


def test_without_proxies_the_header_is_no_way_out() -> None:
    app = service({**SETTINGS, "SAPI_PROXIES": "0"})
    statuses = {
        call(
            app, "GET", "/login_basic", {**WRONG, "X-Forwarded-For": f"10.0.1.{number}"}
        ).status_code
        for number in range(SIGN_ONS_PER_MINUTE + 1)
    }
    assert statuses == {401, 429}


def test_processes_share_a_count_in_redis(redis: RedisServer, tmp_path: Path) -> None:
    settings = {**SETTINGS, "SAPI_BACKENDS": DUMMY, "SAPI_REDIS_URL": redis.url}
    headers = {**WRONG, "X-Forwarded-For": "10.0.0.1"}
    with (
        uwsgi_server(settings, tmp_path / "one", processes=1) as one,
        uwsgi_server(settings, tmp_path / "two", processes=1) as two,
    ):
        statuses = [
            requests.get(f"{(one, two)[n % 2].url}/login_basic", headers=headers, timeout=10)
            for n in range(SIGN_ONS_PER_MINUTE + 2)
        ]
        assert [answer.status_code for answer in statuses[:-2]] == [401] * SIGN_ONS_PER_MINUTE
        assert [answer.status_code for answer in statuses[-2:]] == [429, 429]
        redis.end()
        began = time.monotonic()
        for server in (one, two):
            lost = requests.get(f"{server.url}/login_basic", headers=headers, timeout=10)
            assert lost.status_code == 401
        assert time.monotonic() - began < 4
        # From here on each counts for itself.
        alone = [
            requests.get(f"{one.url}/login_basic", headers=headers, timeout=10).status_code
            for _ in range(SIGN_ONS_PER_MINUTE)
        ]
        assert alone == [401] * (SIGN_ONS_PER_MINUTE - 1) + [429]
        log = one.log.read_text()
    assert log.count("redis-down") == 1
    assert PASSWORD not in log


def test_a_redis_that_hangs_delays_nobody_for_long(redis: RedisServer) -> None:
    app = service({**SETTINGS, "SAPI_REDIS_URL": redis.url})
    assert call(app, "GET", "/login_basic", WRONG).status_code == 401
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert call(app, "GET", "/login_basic", RIGHT).status_code == 302
        assert time.monotonic() - began < 3
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)


def test_the_service_starts_while_redis_is_down() -> None:
    app = service({**SETTINGS, "SAPI_REDIS_URL": "redis://127.0.0.1:9/0"})
    assert call(app, "GET", "/login_basic", WRONG).status_code == 401
    assert call(app, "GET", "/login_basic", RIGHT).status_code == 302
