"""Every test of jobs runs over both stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import skip_or_fail
from tests.jobs.lab import Lab
from tests.services.redis import INSTALL, RedisServer, is_missing, redis_server


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if is_missing():
        skip_or_fail(f"redis-server not installed: {INSTALL}")
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    if request.param == "sqlite":
        return Lab(tmp_path, None)
    url = request.getfixturevalue("shared_redis").url
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return Lab(tmp_path, url)
