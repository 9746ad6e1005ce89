import signal
import subprocess
import sys
from pathlib import Path

import requests

ROOT = Path(__file__).parents[4]


def test_the_program_says_where_it_is_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "tests.simulators.croit", "--task-seconds", "0.1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said: dict[str, str] = {}
        for line in program.stdout:
            name, _, value = line.partition(" ")
            said[name] = value.strip()
            if name.strip() == "ready":
                break
        answer = requests.get(
            f"{said['address']}/api/auth/token-info",
            headers={"Authorization": f"Bearer {said['token']}"},
            timeout=10,
        )
        program.send_signal(signal.SIGTERM)
    assert answer.json()["roles"] == ["admin", "viewer"]
    assert program.returncode == 0
