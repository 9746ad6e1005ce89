import signal
import subprocess
import sys
from pathlib import Path

import requests

ROOT = Path(__file__).parents[4]


def test_the_program_says_where_it_is_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "tests.simulators.waldur", "--resources", "400"]
    with subprocess.Popen(
        [*command, "--latency", "0.01"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().split()[1]
        token = program.stdout.readline().split()[1]
        answer = requests.get(
            f"{url}/api/marketplace-provider-resources/?page_size=300",
            headers={"Authorization": f"Token {token}"},
            timeout=10,
        )
        program.send_signal(signal.SIGTERM)

    assert (len(answer.json()), answer.headers["X-Result-Count"]) == (300, "400")
    assert len(token) == 40
    assert program.returncode == 0
