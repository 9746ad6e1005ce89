import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.simulators.hpc_user import HpcUserSimulator

PROJECTS = "/api/v1/export/waldur/projects"


@pytest.fixture
def hpc() -> Iterator[HpcUserSimulator]:
    with HpcUserSimulator({"climate-sim": 30500, "msocean": 30501}) as simulator:
        yield simulator


def ask_token(hpc: HpcUserSimulator, **changed: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": hpc.client_id,
        "client_secret": hpc.client_secret,
        "scope": "openid",
    }
    return requests.post(hpc.token_url, data={**form, **changed}, timeout=10)


def ask(hpc: HpcUserSimulator, token: str, *slugs: str) -> requests.Response:
    return requests.get(
        f"{hpc.url}{PROJECTS}",
        params={"projects": slugs},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


def rows(answer: requests.Response) -> list[tuple[str, int]]:
    assert answer.status_code == 200
    return [(row["posixName"], row["unixGid"]) for row in answer.json()["projects"]]


def test_gids_of_known_projects(hpc: HpcUserSimulator) -> None:
    token = ask_token(hpc).json()["access_token"]

    assert rows(ask(hpc, token, "msocean", "no-such", "msocean")) == [("msocean", 30501)]
    assert len(rows(ask(hpc, token))) == 2
    assert hpc.project_calls[0].query == {"projects": ["msocean", "no-such", "msocean"]}


def test_names_may_come_twice_and_go(hpc: HpcUserSimulator) -> None:
    token = ask_token(hpc).json()["access_token"]
    hpc.add("msocean", 40000)
    twice = rows(ask(hpc, token, "msocean"))
    hpc.remove("msocean")

    assert twice == [("msocean", 30501), ("msocean", 40000)]
    assert rows(ask(hpc, token, "msocean")) == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"client_id": "other"}, 401),
        ({"client_secret": "wrong"}, 401),
        ({"grant_type": "password"}, 400),
        ({"scope": "admin"}, 400),
    ],
)
def test_tokens_that_are_refused(
    hpc: HpcUserSimulator, changed: dict[str, Any], status: int
) -> None:
    assert ask_token(hpc, **changed).status_code == status


def test_tokens_end(hpc: HpcUserSimulator) -> None:
    hpc.expires_in = 1
    short = ask_token(hpc).json()
    hpc.expires_in = 3600
    long = ask_token(hpc).json()
    assert (short["expires_in"], ask(hpc, short["access_token"]).status_code) == (1, 200)

    time.sleep(1.05)

    assert ask(hpc, short["access_token"]).status_code == 401
    assert ask(hpc, long["access_token"]).status_code == 200
    hpc.revoke_tokens()
    assert ask(hpc, long["access_token"]).status_code == 401
    assert ask(hpc, "made-up").status_code == 401
    assert len(hpc.token_calls) == 2


def test_urls_beyond_8_kib(hpc: HpcUserSimulator) -> None:
    token = ask_token(hpc).json()["access_token"]
    fits = ["a" * 91] * 80

    assert ask(hpc, token, *fits).status_code == 200
    assert ask(hpc, token, *fits, *fits).status_code == 414
    assert hpc.too_long == 1


def test_faults(hpc: HpcUserSimulator) -> None:
    token = ask_token(hpc).json()["access_token"]
    hpc.faults.add(kind="status", status=401, path=PROJECTS)
    hpc.faults.add(kind="status", status=500, path=PROJECTS)
    hpc.faults.add(kind="garbage", path=PROJECTS)
    hpc.faults.add(kind="hang", path=PROJECTS)

    assert [ask(hpc, token).status_code for _ in range(2)] == [401, 500]
    assert ask(hpc, token).headers["Content-Type"] == "text/html"
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{hpc.url}{PROJECTS}", timeout=0.2)
    assert ask(hpc, token).ok


def test_many_at_once(hpc: HpcUserSimulator) -> None:
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: ask_token(hpc).json()["access_token"], range(16)))

    assert len(tokens) == 16
