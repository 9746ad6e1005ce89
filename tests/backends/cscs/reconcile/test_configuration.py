"""Mistakes of an operator: named, without any value, and with exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.cscs.reconcile.lab import Lab
from tests.servers import environment

_DIRECTORY = ["--driver", "directory"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--root", "relative"], "--root must be the absolute path of a directory"),
        (["--root", "/does/not/exist"], "--root must be the absolute path of a directory"),
        (["--quota-command", "lfs {pasword}"], "unknown placeholder 'pasword'"),
        (["--quota-command", "lfs {path"], "--quota-command is no command"),
        (["--quota-command", "lfs 'open"], "--quota-command is no command"),
        (["--quota-command", " "], "--quota-command is empty"),
        (["--usage-command", "du {hard_bytes}"], "unknown placeholder 'hard_bytes'"),
        (["--storage-system", "tape"], "'tape' is none of the option 'storage_systems'"),
        (["--backend", "other"], "0 entries of the class CscsStorage with this endpoint"),
        (["--journal", "/does/not/exist/journal"], "--journal cannot be written"),
        (["--interval", "0.1"], "must lie between 1 and 86400"),
        (["--delete-policy", "shred"], "invalid choice"),
        (["--driver", "vast"], "--vast-url must be http(s)://host[:port]"),
    ],
)
def test_a_mistake_is_named(lab: Lab, arguments: list[str], words: str) -> None:
    run = lab.run(*arguments)

    assert run.code == 2
    assert words in run.errors
    assert not lab.waldur.requests


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--vast-url", "https://user:made-up@host"], "--vast-url must be"),
        (["--vast-url", "https://host/path"], "--vast-url must be"),
        (["--vast-policy", ""], "--vast-policy is missing"),
        (["--vast-token-file", "/does/not/exist"], "--vast-token-file must be a readable file"),
        (["--vast-user", "someone"], "either --vast-token-file or --vast-user"),
        (["--vast-ca-file", "/does/not/exist"], "--vast-ca-file must be a readable file"),
    ],
)
def test_a_mistake_about_vast_is_named(vast_lab: Lab, arguments: list[str], words: str) -> None:
    run = vast_lab.run(*arguments)

    assert run.code == 2
    assert words in run.errors
    assert "made-up" not in run.errors


@pytest.mark.parametrize(
    ("backends", "words"),
    [
        ("", "SAPI_BACKENDS is not set"),
        ("dummy🌈DummyStorage", "0 entries of the class CscsStorage"),
        ("hpc🌈CscsStorage🌈waldur_api_token🌈geheim", "missing option 'waldur_api_url'"),
        (
            "a🌈CscsStorage🌈x🌈geheim🦄b🌈CscsStorage🌈x🌈y",
            "2 entries of the class CscsStorage; --backend says which",
        ),
    ],
)
def test_a_mistake_in_the_back_ends_is_named(lab: Lab, backends: str, words: str) -> None:
    run = lab.run(environ={"SAPI_BACKENDS": backends})

    assert run.code == 2
    assert words in run.errors
    assert "geheim" not in run.errors


def test_made_up_groups_are_good_for_a_dry_run_only(lab: Lab) -> None:
    order = lab.order()
    environ = {"SAPI_BACKENDS": f"{lab.environ['SAPI_BACKENDS']}🌈development_mode🌈true"}

    run = lab.run(environ=environ)
    assert run.code == 2
    assert "'development_mode' makes groups up" in run.errors

    assert lab.run("--dry-run", environ=environ).code == 0
    assert order.state == "pending-provider"


def test_another_back_end_beside_it_needs_no_choice(lab: Lab) -> None:
    order = lab.order()
    environ = {"SAPI_BACKENDS": f"dummy🌈DummyStorage🦄{lab.environ['SAPI_BACKENDS']}"}

    assert lab.run(environ=environ).code == 0
    assert order.state == "done"


def test_help_needs_no_configuration(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "storage_api.backends.cscs.reconcile", "--help"]
    done = subprocess.run(
        command, env=environment({}), capture_output=True, text=True, check=True, timeout=60
    )
    assert "--quota-command" in done.stdout
