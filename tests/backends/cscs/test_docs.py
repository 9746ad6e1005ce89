"""The examples of the page run as they stand there, against a service that runs as its users'."""

import re
import subprocess
from pathlib import Path

from tests.backends.cscs.lab import Lab
from tests.servers import ROOT, flask_server

PAGE = (ROOT / "docs" / "backends" / "cscs.md").read_text(encoding="utf-8")


def test_the_examples_run_as_they_stand(lab: Lab, tmp_path: Path) -> None:
    order = lab.waldur.create(lab.waldur.offering("capstor"), lab.project("climate"))
    options = lab.options(cache_ttl="15")
    entry = "🌈".join(["cscs", "CscsStorage", *(part for pair in options.items() for part in pair)])
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL))
    with flask_server({"SAPI_BACKENDS": entry}, tmp_path / "log") as server:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:5000", server.url)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (order.state, order.resource.backend_id) == (
        "done",
        "/capstor/store/cscs/climate-lab/climate",
    )
