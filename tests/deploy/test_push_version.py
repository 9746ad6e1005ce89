"""`make push_version`, against a repository of its own on this disk."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import ROOT

_FILES = ["tools/push-version.sh", "tools/common.sh", ".gitignore"]


@dataclass(frozen=True)
class Clone:
    """A checkout, and the bare repository that it calls origin."""

    folder: Path
    origin: Path

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        command = ["git", "-c", "commit.gpgsign=false", *arguments]
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def version(self, text: str) -> None:
        source = self.folder / "storage_api" / "__init__.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text(f'"""What it is."""\n\n__version__ = "{text}"\n')
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Become {text}")

    def script(self, verb: str) -> tuple[int, str]:
        done = subprocess.run(
            ["tools/push-version.sh", verb],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def tags(self, folder: Path) -> list[str]:
        return self.git("tag", "--list", folder=folder).split()


def environment() -> dict[str, str]:
    """Nobody's own configuration of git, and a name to sign a tag with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    names = {f"GIT_{who}_NAME": "Somebody" for who in ("AUTHOR", "COMMITTER")}
    mails = {f"GIT_{who}_EMAIL": "somebody@example.org" for who in ("AUTHOR", "COMMITTER")}
    return (
        kept | names | mails | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    )


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone", tmp_path / "origin.git")
    made.git("init", "--quiet", "--bare", str(made.origin), folder=tmp_path)
    made.git("init", "--quiet", "--initial-branch=main", str(made.folder), folder=tmp_path)
    made.git("remote", "add", "origin", str(made.origin))
    for name in _FILES:
        (made.folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, made.folder / name)
    made.version("4.1.0")
    return made


def test_the_version_of_the_source_is_tagged_and_pushed(clone: Clone) -> None:
    assert clone.script("check") == (0, "")
    assert clone.tags(clone.origin) == []
    code, said = clone.script("push")
    assert (code, said) == (0, "Pushed v4.1.0.\n")
    assert clone.tags(clone.origin) == ["v4.1.0"]
    tagged = clone.git("rev-parse", "v4.1.0^{commit}", folder=clone.origin)
    assert tagged == clone.git("rev-parse", "HEAD")


@pytest.mark.parametrize("verb", ["check", "push"])
def test_the_same_version_is_not_published_twice(clone: Clone, verb: str) -> None:
    clone.script("push")
    clone.git("commit", "--quiet", "--allow-empty", "--message", "Go on")
    code, said = clone.script(verb)
    assert code == 1
    assert "the tag v4.1.0 exists already" in said
    clone.git("tag", "--delete", "v4.1.0")
    code, said = clone.script(verb)
    assert code == 1
    assert "origin has the tag v4.1.0 already" in said


@pytest.mark.parametrize("name", ["storage_api/__init__.py", "new"])
@pytest.mark.parametrize("verb", ["check", "push"])
def test_what_is_not_committed_is_not_published(clone: Clone, name: str, verb: str) -> None:
    with (clone.folder / name).open("a") as file:
        file.write("# more\n")
    code, said = clone.script(verb)
    assert code == 1
    assert "not committed" in said
    assert clone.tags(clone.origin) == clone.tags(clone.folder) == []


@pytest.mark.parametrize("version", ["", "4.1", "4.1.0rc1", "$(touch x)"])
def test_odd_versions_are_not_published(clone: Clone, version: str) -> None:
    clone.version(version)
    code, said = clone.script("push")
    assert code == 1
    assert "names no version" in said
    assert clone.tags(clone.folder) == []


def test_after_a_push_that_failed_it_can_be_tried_again(clone: Clone) -> None:
    hook = clone.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    code, said = clone.script("push")
    assert code == 1
    assert "origin did not take the tag" in said
    hook.unlink()
    assert clone.script("push")[0] == 0


def test_an_origin_that_is_away_is_said(clone: Clone) -> None:
    clone.origin.rename(clone.origin.with_name("elsewhere"))
    code, said = clone.script("check")
    assert code == 1
    assert "origin cannot be reached" in said


def test_make_runs_the_tests_between_the_check_and_the_push() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "push_version"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    steps = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith("tools/")]
    wanted = ["tools/push-version.sh", "tools/venv.sh", "tools/test.sh", "tools/push-version.sh"]
    assert [step[0] for step in steps] == wanted
    assert (steps[0][1], steps[-1][1]) == ("check", "push")
