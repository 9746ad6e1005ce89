"""`make swagger.json` writes what the service would serve, without a server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storage_api.domain.capabilities import Capability
from tests.servers import ROOT, environment


def written(folder: Path, name: str, **settings: str) -> Any:
    command = [sys.executable, str(ROOT / "tools" / "docs" / "swagger.py"), str(folder)]
    subprocess.run(command, env=environment(settings), check=True, timeout=60)
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_every_family_is_in_it(tmp_path: Path) -> None:
    document = written(tmp_path, "swagger.json")
    told = " ".join(tag["description"] for tag in document["tags"])
    assert [family for family in Capability if family not in told] == []


@pytest.mark.parametrize("name", ["swagger.json", "openapi.json"])
def test_it_is_of_the_back_ends_that_are_set(tmp_path: Path, name: str) -> None:
    document = written(tmp_path, name, SAPI_BACKENDS="mine🌈DummyStorage")
    backends = {path.split("/")[2] for path in document["paths"] if path.startswith("/v3/")}
    assert backends == {"mine", "jobs"}


def test_it_names_the_cookie_that_production_sets(tmp_path: Path) -> None:
    schemes = written(tmp_path, "openapi.json")["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "__Host-sapi_session"
