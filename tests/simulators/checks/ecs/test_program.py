"""The simulator as a program of its own."""

import signal
import subprocess
import sys
from pathlib import Path

import requests

from tests.servers import ROOT, free_port


def test_the_program_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    port, ca_file = free_port(), tmp_path / "ca.pem"
    command = [sys.executable, "-m", "tests.simulators.ecs", "--port", str(port)]
    command += ["--release", "3.x", "--ca-file", str(ca_file), "--password", "secret"]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        said = [program.stdout.readline() for _ in range(5)]
        assert f"https://127.0.0.1:{port}" in said[0]
        assert str(ca_file) in said[1]
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(ca_file)
            url = f"https://127.0.0.1:{port}"
            login = session.get(f"{url}/login", auth=("monitor", "secret"), timeout=10)
            token = {name: login.headers[name] for name in ("X-SDS-AUTH-TOKEN",)}
            groups = session.get(f"{url}/vdc/data-service/vpools", headers=token, timeout=10)
        assert said[4].split()[1] in groups.text
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.communicate()
