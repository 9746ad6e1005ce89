"""Builds the image as `make image` does, with Debian's buildah and without any daemon.

The base image is made here, out of Debian's packages, under the very name that ``FROM`` asks for.
"""

import ast
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.deploy.container import own_mounts
from tests.servers import ROOT
from tests.services.venvs import made_once, run

IMAGE = "localhost/storage-api:latest"
_BASE = "docker.io/library/python:3.12-slim-bookworm"
_MIRROR = "http://deb.debian.org/debian"
#: What the public image has beside Debian's smallest system, and the headers of Python.
_PACKAGES = "ca-certificates,netbase,python3-dev,python3-venv,tzdata"
_USELESS = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale")
# Their layers are not kept one by one: vfs would copy the whole file system for each.
_INPUTS = (
    "Dockerfile",
    ".dockerignore",
    "tools/image.sh",
    "requirements.txt",
    "requirements-extras.txt",
    "uwsgi.ini",
    "LICENSE",
    "storage_api",
)
_SECONDS = 840
_PIP_SETTINGS = ("cert", "extra-index-url", "index-url", "proxy", "timeout", "trusted-host")
_CERTIFICATES = Path("/etc/ssl/certs")


def missing_programs() -> list[str]:
    return [name for name in ("buildah", "debootstrap", "unshare") if not shutil.which(name)]


@dataclass(frozen=True)
class Builder:
    """buildah with a storage of its own, in ``folder``."""

    folder: Path

    @cached_property
    def _environment(self) -> dict[str, str]:
        storage = (
            f'driver = "vfs"\ngraphroot = "{self.folder}/storage"\nrunroot = "{self.folder}/run"'
        )
        (self.folder / "storage.conf").write_text(f"[storage]\n{storage}\n", encoding="utf-8")
        (self.folder / "pip.conf").write_text(_settings_of_pip(), encoding="utf-8")
        lent = [(_CERTIFICATES, _CERTIFICATES), (self.folder / "pip.conf", Path("/etc/pip.conf"))]
        volumes = [f"{here}:{there}:ro" for here, there in lent if here.exists()]
        text = f"[containers]\nvolumes = {json.dumps(volumes)}\n"
        (self.folder / "containers.conf").write_text(text, encoding="utf-8")
        return {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
            "ENGINE": "buildah",
        }

    def run(self, *command: str) -> str:
        """What the command prints.

        Raises:
            AssertionError: it failed.
        """
        done = subprocess.run(
            [*own_mounts(), *command],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}:\n{(done.stdout + done.stderr)[-3000:]}"
        return done.stdout.strip()

    def build(self) -> None:
        """The image of the tree as it is, unless it is that already."""
        stamp, recipe = self.folder / "built-of", _inputs()
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != recipe:
            stamp.unlink(missing_ok=True)
            self.run("tools/image.sh")
            self.run("buildah", "rmi", "--prune")
            stamp.write_text(recipe, encoding="utf-8")

    def config(self) -> dict[str, Any]:
        """What the image says about itself."""
        text = self.run("buildah", "inspect", "--type", "image", IMAGE)
        config: dict[str, Any] = json.loads(text)["Docker"]["config"]
        return config

    def root(self) -> Path:
        """The image's file system: its uppermost layer, where vfs keeps everything."""
        text = (self.folder / "storage/vfs-images/images.json").read_text(encoding="utf-8")
        (found,) = (each for each in json.loads(text) if IMAGE in each.get("names", ()))
        return self.folder / "storage/vfs/dir" / str(found["layer"])


@contextmanager
def image() -> Iterator[Builder]:
    """The image of the tree as it is; until the end of the block nobody builds another.

    Raises:
        NotInstalled: there is no base image, nor can one be made.
    """
    recipe = "\n".join([_BASE, _MIRROR, _PACKAGES, *_USELESS])
    builder = Builder(made_once("image", recipe, _make_base))
    with (builder.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        builder.build()
        yield builder


def _inputs() -> str:
    """Changes with everything that the image is made of."""
    digest = sha256()
    for name in _INPUTS:
        paths = sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]
        for path in paths:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


def _make_base(folder: Path) -> None:
    folder.mkdir()
    root = folder / "base"
    # What it mounts there nobody else may stumble over, should this be killed.
    debootstrap = [*own_mounts(), "debootstrap", "--variant=minbase", f"--include={_PACKAGES}"]
    run(*debootstrap, "bookworm", str(root), _MIRROR)
    for name in _USELESS:
        shutil.rmtree(root / name)
    (root / "usr/bin/python").symlink_to("python3")
    builder = Builder(folder)
    container = builder.run("buildah", "from", "scratch")
    builder.run("buildah", "copy", "--quiet", container, str(root), "/")
    builder.run("buildah", "commit", "--quiet", "--rm", container, _BASE)
    shutil.rmtree(root)


def _settings_of_pip() -> str:
    """How this machine reaches its package index, as a file: it is only lent to the build."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        # Folders of this machine are not there.
        remote = [word for word in str(ast.literal_eval(value)).split() if "file:" not in word]
        settings[name.rpartition(".")[2]] = " ".join(remote)
    lines = [f"{name} = {settings[name]}" for name in _PIP_SETTINGS if settings.get(name)]
    return "\n".join(["[global]", *lines, ""])
