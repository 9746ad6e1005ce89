"""What `make image` asks a builder of images for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT

_FILES = ("tools/image.sh", "tools/common.sh", "storage_api/__init__.py")


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (
            "https://gitlab.example.org/storage/api.git",
            "https://gitlab.example.org/storage/api.git",
        ),
        ("https://ci:s3cret@gitlab.example.org/api", "https://gitlab.example.org/api"),
        ("https://me@example.org:s3cret@gitlab.example.org/a@b", "https://gitlab.example.org/a@b"),
        ("git@gitlab.example.org:api.git", "git@gitlab.example.org:api.git"),
    ],
    ids=["open", "token", "token of an address", "ssh"],
)
def test_the_image_tells_where_it_comes_from_and_no_password(
    tmp_path: Path, origin: str, source: str
) -> None:
    for name in _FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    engine = tmp_path / "engine"
    engine.write_text('#!/bin/sh\n[ "$1" = info ] || printf "%s\\n" "$@"\n', encoding="utf-8")
    engine.chmod(0o755)
    for command in ("init --quiet", f"remote add origin {origin}"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["tools/image.sh"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "ENGINE": str(engine)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"SOURCE={source}" in done.stdout.splitlines()
    assert "s3cret" not in done.stdout + done.stderr
