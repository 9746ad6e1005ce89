"""The simulator as a program of its own, and how quick it is."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.servers import ROOT, free_port
from tests.simulators.checks.ontap.caller import VOLUMES, Caller
from tests.simulators.ontap import OntapSimulator

FIELDS = (
    "uuid,name,svm.name,state,style,create_time,aggregates.name,nodes.name,nas.path,"
    "nas.export_policy.name,space.afs_total,space.size,space.used,space.snapshot.reserve_percent,"
    "space.snapshot.space_used_percent,autosize.mode,autosize.maximum,efficiency.compression"
)


def test_the_program_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    port, ca_file = free_port(), tmp_path / "ca.pem"
    command = [sys.executable, "-m", "tests.simulators.ontap", "--port", str(port)]
    command += ["--volumes", "12", "--ca-file", str(ca_file), "--password", "secret"]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        said = [program.stdout.readline() for _ in range(4)]
        assert f"https://127.0.0.1:{port}" in said[0]
        assert str(ca_file) in said[1]
        with requests.Session() as session:
            session.trust_env = False
            url = f"https://localhost:{port}/api{VOLUMES}?return_records=false"
            auth = ("storage-api", "secret")
            answer = session.get(url, auth=auth, verify=str(ca_file), timeout=10)
        assert answer.json() == {"num_records": 12}
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    finally:
        program.kill()
        program.communicate()


def test_ten_thousand_volumes_cost_little() -> None:
    with OntapSimulator() as sim:
        sim.seed_volumes(10_000)
        caller = Caller(sim)
        path = f"{VOLUMES}?svm.name={sim.svm}&style=flexvol&state=!restricted&fields={FIELDS}"
        taken = []
        for _ in range(5):
            began = time.process_time()
            answer = caller("GET", path)
            taken.append(time.process_time() - began)
        caller.close()
    assert answer.json()["num_records"] == 10_000
    # The caller's part, which receives 5 MB over TLS, is in it.
    assert min(taken) < 0.15, taken
