"""Two replicas that share nothing but Redis and what is behind them, with HAProxy in front."""

from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.services import haproxy as proxies
from tests.services import redis as stores
from tests.services.redis import RedisServer, redis_server


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    for service in (proxies, stores):
        if service.is_missing():
            skip_or_fail(f"not installed: {service.INSTALL}")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server
