"""Tokens and processes: given back at the end, and never shared with a child."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.backends.ecs.cluster import logins
from tests.servers import ROOT, uwsgi_server
from tests.simulators.ecs import EcsSimulator

BEGIN = """
import os, sys
from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.secrets import Secret

names = ("url", "username", "password", "ca_file")
storage = EcsStorage.from_options(dict(zip(names, map(Secret, sys.argv[1:]))))
storage.list_namespaces()
"""
FORK = """
child = os.fork()
storage.list_namespaces()
if not child:
    sys.exit(0)
os.waitpid(child, 0)
storage.list_namespaces()
"""


def run(sim: EcsSimulator, program: str, folder: Path) -> None:
    arguments = [sim.url, sim.username, sim.password, str(sim.ca_file)]
    subprocess.run(  # our own interpreter
        [sys.executable, "-c", program, *arguments],
        check=True,
        timeout=60,
        cwd=ROOT,
        env={"TMPDIR": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )


def written(folder: Path) -> str:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return "".join(f"{file} {file.read_text(errors='replace')}" for file in files)


def test_a_process_gives_its_token_back_when_it_ends(sim: EcsSimulator, tmp_path: Path) -> None:
    """ColdFront's plugin never logs out, until ECS gives it no token any more."""
    run(sim, BEGIN, tmp_path)
    assert sim.live_tokens(sim.username) == 0
    assert [one.path for one in sim.requests] == ["/login", "/object/namespaces", "/logout"]


def test_a_token_is_in_no_file(sim: EcsSimulator, tmp_path: Path) -> None:
    """ColdFront's plugin's client keeps it in a file that everybody on the host may read."""
    run(sim, BEGIN, tmp_path)
    tokens = {one.headers.get("x-sds-auth-token", "") for one in sim.requests} - {""}
    assert len(tokens) == 1
    assert not [token for token in tokens if token in written(tmp_path)]


def test_each_worker_of_the_service_has_one_token_until_the_service_ends(
    sim: EcsSimulator, tmp_path: Path
) -> None:
    account = f"username🌈{sim.username}🌈password🌈{sim.password}🌈ca_file🌈{sim.ca_file}"
    entry = {"FLASK_DEBUG": "1", "SAPI_BACKENDS": f"ecs🌈EcsStorage🌈url🌈{sim.url}🌈{account}"}
    with uwsgi_server(entry, tmp_path / "log", processes=2) as server:
        url = f"{server.url}/v3/ecs/namespaces"
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: requests.get(url, timeout=30), range(40)))
        assert {answer.status_code for answer in answers} == {200}
        assert logins(sim) == sim.live_tokens(sim.username) <= 2
    assert sim.live_tokens(sim.username) == 0


def test_a_forked_process_has_a_token_of_its_own(sim: EcsSimulator, tmp_path: Path) -> None:
    run(sim, BEGIN + FORK, tmp_path)
    paths = [one.path for one in sim.requests]
    assert (paths.count("/login"), paths.count("/logout")) == (2, 2)
    assert all(one.account for one in sim.requests if one.path != "/login")
    assert sim.live_tokens(sim.username) == 0
