"""Tokens and cookies: where they come from, that they change, that nobody sees them."""

import logging
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from storage_api_client import ApiError, Client, ConfigurationError, Forbidden
from tests.clients.scripted import Answer, problem, scripted
from tests.servers import Server
from tests.services.oauth import SmallProvider

SECRET = "s3cr3t-token"


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_real_token_opens_the_service(
    strict: Server, provider: SmallProvider, tmp_path: Path
) -> None:
    with Client(strict.url, token=provider.bearer()) as client:
        assert client.my_roles() == ["USER"]
    with Client(strict.url, token="made-up") as client, pytest.raises(Forbidden) as caught:
        client.my_roles()
    assert caught.value.status == 401
    file = private(tmp_path / "token", f"{provider.bearer()}\n")
    environ = {"STORAGE_API_URL": strict.url, "STORAGE_API_TOKEN_FILE": str(file)}
    with Client.from_environment(environ) as client:
        assert client.am_i_a("USER")


def test_a_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = private(tmp_path / "token", "first\n")
    with scripted() as service, Client(service.url, token_file=file) as client:
        client.request("GET", "/v3/x")
        renewed = private(tmp_path / "new", "second")
        renewed.replace(file)
        client.request("GET", "/v3/x")
        private(file, "not a token")
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="one word"):
                client.request("GET", "/v3/x")
        file.unlink()
        with pytest.raises(ConfigurationError, match="No such file"):
            client.request("GET", "/v3/x")
    sent = [headers["Authorization"] for _, _, headers in service.heard]
    assert sent == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
@pytest.mark.parametrize("kind", ["token_file", "cookies"])
def test_files_that_others_can_open_are_refused(kind: str, mode: int, tmp_path: Path) -> None:
    file = private(tmp_path / "file", SECRET)
    file.chmod(mode)
    with scripted() as service, pytest.raises(ConfigurationError, match="chmod 600") as caught:
        Client.from_environment(
            {"STORAGE_API_URL": service.url, _VARIABLES[kind]: str(file)}
        ).backends()
    assert not service.heard
    assert SECRET not in str(caught.value)


_VARIABLES = {"token_file": "STORAGE_API_TOKEN_FILE", "cookies": "STORAGE_API_COOKIES"}


def test_cookies_go_to_their_own_host_only(tmp_path: Path) -> None:
    line = "{}\tFALSE\t/\tFALSE\t0\tsession\t" + SECRET
    rows = ["# Netscape HTTP Cookie File", line.format("#HttpOnly_127.0.0.1")]
    file = private(tmp_path / "cookies", "\n".join(rows) + "\n")
    with scripted() as service, Client(service.url, cookies=file) as client:
        client.request("GET", "/v3/x")
        elsewhere = service.url.replace("127.0.0.1", "localhost")
        with Client(elsewhere, cookies=file) as other:
            other.request("GET", "/v3/x")
    assert [headers["Cookie"] for _, _, headers in service.heard] == [f"session={SECRET}", None]


@pytest.mark.parametrize(
    ("domain", "below", "host", "sent"),
    [
        ("example.test", "FALSE", "example.test", True),
        ("example.test", "FALSE", "evil.example.test", False),
        ("example.test", "FALSE", "notexample.test", False),
        (".example.test", "TRUE", "storage.example.test", True),
        ("storage", "FALSE", "storage", True),
    ],
)
def test_cookies_of_one_host_stay_with_it(  # noqa: PLR0917  # a row and two fixtures
    domain: str,
    below: str,
    host: str,
    sent: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy hears what each host would."""
    row = f"{domain}\t{below}\t/\tFALSE\t0\tsession\t{SECRET}\n"
    file = private(tmp_path / "cookies", row)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with scripted(Answer(body=[])) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with Client(f"http://{host}", cookies=file) as client:
            client.backends()
    assert [headers["Cookie"] for _, _, headers in proxy.heard] == [
        f"session={SECRET}" if sent else None
    ]


def test_cookies_of_an_answer_do_not_change_who_asks() -> None:
    first = Answer(body=[], headers={"Set-Cookie": "session=another; Path=/"})
    with scripted(first, Answer(body=[])) as service, Client(service.url, token="t") as client:
        client.backends()
        client.backends()
    assert [headers["Cookie"] for _, _, headers in service.heard] == [None, None]


def test_a_token_renewed_in_place_counts_at_once(tmp_path: Path) -> None:
    """Of the same length, and within the file system's clock."""
    file = private(tmp_path / "token", "first1\n")
    before = file.stat()
    with (
        scripted(Answer(body=[]), Answer(body=[])) as service,
        Client(service.url, token_file=file) as client,
    ):
        client.backends()
        file.write_text("second\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        client.backends()
    sent = [headers["Authorization"] for _, _, headers in service.heard]
    assert sent == ["Bearer first1", "Bearer second"]


def test_cookies_that_are_none_are_not_quoted(tmp_path: Path) -> None:
    file = private(tmp_path / "cookies", f"# Netscape HTTP Cookie File\n{SECRET}\n")
    with pytest.raises(ConfigurationError) as caught:
        Client("http://127.0.0.1:1", cookies=file, retries=0).backends()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_netrc_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = private(tmp_path / "netrc", f"machine 127.0.0.1 login a password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(file))
    with scripted() as service:
        Client(service.url).request("GET", "/v3/x")
        Client(service.url, token="mine").request("GET", "/v3/x")
    sent = [headers["Authorization"] for _, _, headers in service.heard]
    assert sent == [None, "Bearer mine"]


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "", "ümlaut", f"{SECRET}\r\nX: y"])
def test_a_token_that_is_none_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client("http://127.0.0.1:1", token=token)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cut=True),
        problem(500, "x"),
        Answer(200, b"<html>"),
        Answer(302, headers={"Location": "/x"}),
    ],
    ids=str,
)
def test_no_secret_is_in_exceptions_logs_or_repr(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        scripted(answer) as service,
        Client(service.url, token=SECRET, retries=0) as client,
        pytest.raises(ApiError) as caught,
    ):
        client.request("POST", "/v3/x", json={"secret_key": SECRET})
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in told + caplog.text + repr(client) + repr(vars(client))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # it is ours
    assert vars(copy) == vars(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "STORAGE_API_URL"),
        ({"STORAGE_API_URL": "storage.example.org"}, "https://"),
        ({"STORAGE_API_URL": f"https://me:{SECRET}@storage.example.org"}, "password"),
        ({"STORAGE_API_URL": "https://[broken"}, "malformed"),
        (
            {
                "STORAGE_API_URL": "https://storage.example.org",
                "STORAGE_API_TOKEN": SECRET,
                "STORAGE_API_COOKIES": "x",
            },
            "only one",
        ),
    ],
)
def test_a_wrong_environment_is_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        Client.from_environment(environ)
    assert SECRET not in str(caught.value)


def test_a_keyring_is_used_where_there_is_one(tmp_path: Path) -> None:
    """In a process of its own, where a module of that name can be found."""
    (tmp_path / "keyring").mkdir()
    (tmp_path / "keyring" / "errors.py").write_text("class KeyringError(Exception): pass\n")
    (tmp_path / "keyring" / "__init__.py").write_text(
        "def get_password(service, url): return f'{service}:{url}'\n"
    )
    program = (
        "from storage_api_client import environment\n"
        "print(environment.read({'STORAGE_API_URL': 'https://s.example'}))"
    )
    source = Path(sys.modules["storage_api_client"].__path__[0]).parent
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": f"{tmp_path}:{source}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "storage-api:https://s.example" in told.stdout
