"""``sapi`` as people see it: prompts, a progress bar, completion; in a pseudo-terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from storage_api_client import Client, NotFound
from tests.clients.installed import Sapi
from tests.clients.scripted import Answer, scripted
from tests.servers import Server
from tests.services.oauth import SmallProvider

_SECONDS = 60


@contextmanager
def terminal(
    sapi: Sapi, *arguments: str, program: str | None = None, **environ: str
) -> Iterator[Any]:
    child = pexpect.spawn(
        program or str(sapi.programs / "sapi"),
        list(arguments),
        env={**sapi.whole_environ, "TERM": "xterm", **environ},
        encoding="utf-8",
        timeout=_SECONDS,
        dimensions=(40, 120),
    )
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    code: int = child.exitstatus
    return code


def test_who_says_no_keeps_everything(sapi: Sapi, client: Client) -> None:
    users = client.backend("dummy").users
    users.create("asked")
    with terminal(sapi, "users", "delete", "dummy", "asked") as child:
        child.expect("This would delete user asked")
        child.expect(r"Go on\? \[y/N\]")
        child.sendline("")
        child.expect("nothing was changed")
        assert ended(child) == 1
    assert users.get("asked")["name"] == "asked"
    with terminal(sapi, "users", "delete", "dummy", "asked") as child:
        child.expect("Go on")
        child.sendline("y")
        child.expect("user asked deleted")
        assert ended(child) == 0
    with pytest.raises(NotFound):
        users.get("asked")


def test_interrupting_a_question_changes_nothing(sapi: Sapi, client: Client) -> None:
    client.backend("dummy").users.create("spared")
    with terminal(sapi, "users", "delete", "dummy", "spared") as child:
        child.expect("Go on")
        child.sendcontrol("c")
        assert ended(child) == 130
    assert client.backend("dummy").users.get("spared")


def _job(state: str, done: int) -> Mapping[str, Any]:
    return {
        "id": "18ea140e0ca44faed015",
        "kind": "purge-user",
        "backend": "dummy",
        "namespace": None,
        "target": "alice",
        "state": state,
        "done": done,
        "total": 400,
        "errors": ["2 objects are locked"] if state == "failed" else [],
        "asked_by": "bob",
        "created": "2026-11-21T04:05:06Z",
        "started": "2026-11-21T04:05:06Z",
        "finished": None,
    }


def test_a_job_has_a_bar(sapi: Sapi) -> None:
    rows = [Answer(body=_job("running", done)) for done in (0, 100, 300)]
    with scripted(*rows, Answer(body=_job("failed", 398))) as service:
        where = {"STORAGE_API_URL": service.url, "STORAGE_API_COOKIES": ""}
        with terminal(sapi, "jobs", "watch", "18ea140e0ca44faed015", **where) as child:
            child.expect("purge-user alice: running")
            child.expect("100/400")
            child.expect("━")
            child.expect("300/400")
            child.expect("398/400")
            child.expect("2 objects are locked")
            assert ended(child) == 9


def test_leaving_a_job_alone(sapi: Sapi) -> None:
    with scripted(*(Answer(body=_job("running", 7)) for _ in range(100))) as service:
        where = {"STORAGE_API_URL": service.url, "STORAGE_API_COOKIES": ""}
        with terminal(sapi, "jobs", "watch", "18ea140e0ca44faed015", **where) as child:
            child.expect("7/400")
            child.sendcontrol("c")
            child.expect("goes on; to stop it: sapi jobs cancel 18ea140e0ca44faed015")
            assert ended(child) == 130
        assert set(service.methods) == {"GET"}


def test_login_asks_checks_and_keeps(
    sapi: Sapi, strict: Server, provider: SmallProvider, tmp_path: Path
) -> None:
    where = {"STORAGE_API_URL": strict.url, "STORAGE_API_COOKIES": ""}
    token = provider.bearer()
    with terminal(sapi, "login", **where) as child:
        child.expect("Token: ")
        child.sendline(token)
        child.expect("roles: USER")
        assert token not in child.before
        assert ended(child) == 0
    (kept,) = (tmp_path / ".config" / "storage-api" / "tokens").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text() == f"{token}\n"
    assert sapi("whoami", "--json", **where).json == ["USER"]
    assert sapi("logout", **where).out == "forgotten\n"
    assert sapi("whoami", "--json", **where).json == []


@pytest.mark.parametrize("way", ["stdin", "command"])
def test_login_of_a_program(
    way: str, sapi: Sapi, strict: Server, provider: SmallProvider, tmp_path: Path
) -> None:
    where = {"STORAGE_API_URL": strict.url, "STORAGE_API_COOKIES": ""}
    token = provider.bearer()
    (tmp_path / "its").write_text(token)
    if way == "stdin":
        done = sapi("login", "--stdin", "--json", given=token, **where)
    else:
        done = sapi("login", "--command", f"cat {tmp_path}/its", "--json", **where)
    assert done.json["roles"] == ["USER"]
    assert token not in done.out + done.err


def test_a_token_that_does_not_count_is_not_kept(
    sapi: Sapi, strict: Server, tmp_path: Path
) -> None:
    where = {"STORAGE_API_URL": strict.url, "STORAGE_API_COOKIES": ""}
    refused = sapi("login", "--stdin", given="made-up", **where)
    assert refused.code == 5
    assert not (tmp_path / ".config").exists()
    without = sapi("login", "--stdin", "--keyring", given="made-up", **where)
    assert without.code == 5


def test_bash_completes_names_out_of_the_service(sapi: Sapi, client: Client) -> None:
    client.backend("dummy").volumes.create("tab/completed-volume", size_total=2**30)
    with terminal(sapi, "--norc", "--noprofile", "-i", program="bash", PS1="ready> ") as child:
        child.expect("ready> ")
        child.sendline('eval "$(sapi completion bash)"; echo loa""ded')
        child.expect("loaded")
        child.send("sapi vol\t")
        child.expect("umes ")
        child.send("show du\t")
        child.expect("mmy ")
        child.send("tab/c\t")
        child.expect("ompleted-volume ")
        child.sendline("--json | grep -c completed-volume")
        child.expect(r"\r1\r")


def test_completion_of_a_service_that_is_away_is_empty(sapi: Sapi) -> None:
    words = {"COMP_WORDS": "sapi volumes show dummy ", "COMP_CWORD": "4"}
    done = sapi(_SAPI_COMPLETE="bash_complete", STORAGE_API_URL="http://127.0.0.1:1", **words)
    assert (done.out.strip(), done.err) == ("", "")


def test_a_table_is_drawn_within_the_terminal(sapi: Sapi) -> None:
    with terminal(sapi, "capacity") as child:
        child.expect("OVERCOMMIT")
        child.expect("dummy")
        child.expect("lost: down")
        assert ended(child) == 0


def test_a_narrow_terminal_cuts_no_name(sapi: Sapi, client: Client) -> None:
    name = "narrow/" + "/".join(f"part{number}" for number in range(12))
    client.backend("dummy").volumes.create(name, size_total=2**30)
    listed = ("volumes", "list", "dummy", "--name", name)
    for arguments, expected in ((listed, name), (("backends", "dummy"), "dummy")):
        with terminal(sapi, *arguments, COLUMNS="60") as child:
            child.expect(pexpect.EOF)
            lines = str(child.before).splitlines()
        assert all(len(line) <= 60 for line in lines[1:])
        assert expected in "".join(line.split(" ")[0] for line in lines[1:])


def test_capacity_is_whole_at_80_columns(sapi: Sapi) -> None:
    with terminal(sapi, "capacity", "dummy", COLUMNS="80", NO_COLOR="1") as child:
        child.expect(pexpect.EOF)
        shown = str(child.before)
    assert "…" not in shown
    assert "OVERCOMMIT" in shown
    assert "░" in shown


_KEYRING = """
import os
from keyring.errors import KeyringLocked
kept = os.environ["KEPT"]
def get_password(service, url):
    if os.path.exists(kept + ".locked"):
        raise KeyringLocked()
    return open(kept).read() if os.path.exists(kept) else None
def set_password(service, url, token):
    open(kept, "w").write(token)
def delete_password(service, url):
    os.unlink(kept)
"""


def test_a_keyring_holds_what_is_kept_last(
    sapi: Sapi, strict: Server, provider: SmallProvider, tmp_path: Path
) -> None:
    package = tmp_path / "modules" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(_KEYRING)
    (package / "errors.py").write_text(
        "class KeyringError(Exception): pass\n"
        "class NoKeyringError(KeyringError): pass\n"
        "class KeyringLocked(KeyringError): pass\n"
    )
    kept = tmp_path / "kept"
    where = {
        "STORAGE_API_URL": strict.url,
        "STORAGE_API_COOKIES": "",
        "PYTHONPATH": str(package.parent),
        "KEPT": str(kept),
    }
    token = provider.bearer()
    assert sapi("login", "--stdin", given=token, **where).code == 0
    assert sapi("login", "--stdin", "--keyring", given=token, **where).code == 0
    assert not list((tmp_path / ".config" / "storage-api" / "tokens").iterdir())
    assert sapi("whoami", "--json", **where).json == ["USER"]
    locked = tmp_path / "kept.locked"
    locked.touch()
    refused = sapi("logout", **where)
    assert (refused.code, refused.out) == (2, "")
    locked.unlink()
    assert sapi("logout", **where).out == "forgotten\n"
    assert not kept.exists()
