"""Two replicas are one service: sessions, jobs, and how often somebody may try to sign on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from storage_api.app import SIGN_ONS_PER_MINUTE
from tests.conformance.client import OverNetwork
from tests.jobs.lab import wait_for
from tests.jobs.program import consumer
from tests.jobs.storage import LabStorage, install
from tests.security.test_signon import BASIC, PRODUCTION, basic
from tests.servers import DUMMY, ROOT
from tests.services.redis import RedisServer
from tests.services.replicas import Pair, pair

_RIGHT = basic("operator", "pä:ss wörd")


@pytest.fixture(scope="module")
def production(redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Not in debug mode: the key of sessions comes from the OAuth secret."""
    settings = {
        **PRODUCTION,
        **BASIC,
        "SAPI_SECRET_KEY": "",
        "SAPI_BACKENDS": DUMMY,
        "SAPI_REDIS_URL": redis.url,
    }
    with pair(settings, tmp_path_factory.mktemp("production")) as replicas:
        yield replicas


def test_a_session_made_at_one_is_valid_at_the_other(production: Pair) -> None:
    made_at, used_at = production.one.url, production.two.url
    answer = _get(f"{made_at}/login_basic", _RIGHT)
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    roles = _get(f"{used_at}/conf/me/roles", {"Cookie": cookie})
    assert roles.json() == ["USER", "ADMIN", "UBER_ADMIN"]
    listed = [_get(f"{production.url}/v3/dummy/volumes", {"Cookie": cookie}) for _ in range(4)]
    assert [each.status_code for each in listed] == [200] * 4


def test_tries_to_sign_on_are_counted_together(production: Pair) -> None:
    """By the address that the proxy saw, whatever the client says of itself."""
    before = [production.proxy.requests(name) for name in production.both]
    answers = [
        _get(f"{production.url}/oauth-done", {"X-Forwarded-For": f"10.0.0.{n}"})
        for n in range(SIGN_ONS_PER_MINUTE + 2)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [400] * SIGN_ONS_PER_MINUTE + [429] * 2
    after = [production.proxy.requests(name) for name in production.both]
    assert all(now > then for then, now in zip(before, after, strict=True))


def test_a_job_is_asked_for_at_one_and_watched_at_the_other(
    redis: RedisServer, tmp_path: Path
) -> None:
    install(tmp_path)
    settings = {
        "SAPI_BACKENDS": f"lab🌈LabStorage🌈folder🌈{tmp_path}",
        "SAPI_REDIS_URL": redis.url,
        "FLASK_DEBUG": "1",
        "PYTHONPATH": f"{ROOT}:{tmp_path}",
    }
    with (
        pair(settings, tmp_path) as replicas,
        consumer(settings, tmp_path / "first"),
        consumer(settings, tmp_path / "second"),
    ):
        for log in (tmp_path / "first", tmp_path / "second"):
            wait_for(lambda: "consumer-started" in log.read_text())  # noqa: B023
        one, two = (OverNetwork(replica.url) for replica in (replicas.one, replicas.two))
        asked = [
            api.delete("/v3/lab/users/steps.20.20?purge=true").expect(202)["id"]
            for api in (one, two, one)
        ]
        assert len(set(asked)) == 1
        job = f"/v3/jobs/{asked[0]}"
        ended = wait_for(lambda: two.get(job).expect(200), lambda now: now["state"] == "done")
        assert ended["done"] == ended["total"] == 20
        assert asked[0] in {each["id"] for each in one.get("/v3/jobs").expect(200)}
        ready = wait_for(
            lambda: two.get("/health/ready").expect(200), lambda told: told["jobs"] is not None
        )
        assert ready["replicas"]["status"] == "up"
    assert LabStorage.journal(tmp_path).count("begin steps.20.20") == 1


def _get(url: str, headers: dict[str, str]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, headers=headers, allow_redirects=False, timeout=30)
