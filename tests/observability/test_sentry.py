"""Sentry hears of what broke, and of nothing that was said."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sentry_sdk
from flask import Flask

from storage_api.api import problems
from storage_api.domain.errors import BackendUnavailable
from tests.observability.breaking import SECRET, with_breaks
from tests.observability.receivers import Receiver, receiver
from tests.servers import DUMMY, ROOT, environment, service, uwsgi_server

REQUEST_ID = "request-of-the-test-1"


@pytest.fixture
def sentry() -> Iterator[Receiver]:
    with receiver() as received:
        yield received
        sentry_sdk.get_client().close()
        sentry_sdk.init()


def reporting(sentry: Receiver, **more: str) -> Flask:
    return with_breaks(service({"SENTRY_DSN": sentry.dsn, "SENTRY_ENVIRONMENT": "tests", **more}))


def break_it(url: str, how: str = "badly") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            f"{url}/break/{how}?token={SECRET}-in-a-query",
            json={"password": f"{SECRET}-in-a-body"},
            headers={
                "Authorization": f"Basic {SECRET}-in-a-header",
                "Cookie": f"sapi_session={SECRET}-in-a-cookie",
                "X-Request-Id": REQUEST_ID,
            },
            timeout=30,
        )


def test_an_error_of_a_forked_worker_arrives_with_none_of_the_secrets(
    sentry: Receiver, tmp_path: Path
) -> None:
    gone = ["gone", "NetappStorage", "hostname", "127.0.0.1:9", "vserver", "vs1"]
    gone += ["username", f"{SECRET}-user", "password", f"{SECRET}-of-a-filer"]
    settings = {
        "SAPI_BACKENDS": f"{DUMMY}🦄{'🌈'.join(gone)}",
        "FLASK_DEBUG": "1",
        "SENTRY_DSN": sentry.dsn,
        "SENTRY_ENVIRONMENT": "tests",
        "BASIC_AUTH_USERNAME": f"{SECRET}-name",
        "BASIC_AUTH_PASSWORD": f"{SECRET}-password",
    }
    module = ["--module", "tests.observability.breaking_wsgi:application"]
    with uwsgi_server(settings, tmp_path / "log", processes=2, options=module) as server:
        answer = break_it(server.url)
        assert answer.status_code == 500
        assert answer.headers["X-Request-Id"] == REQUEST_ID
        sentry.until(lambda: bool(sentry.events))
        requests.get(f"{server.url}/v3/gone/volumes", timeout=30)
    [event] = sentry.events
    assert event["tags"]["request_id"] == REQUEST_ID
    assert event["environment"] == "tests"
    kinds = [one["type"] for one in event["exception"]["values"]]
    assert kinds == ["ValueError", "RuntimeError"]
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "break_down"
    assert not set(event) & {"request", "breadcrumbs", "extra", "user", "modules", "contexts"}
    assert f"{SECRET}-".encode() not in _without_source(sentry.raw)


def _without_source(raw: bytes) -> bytes:
    """Our own source may say what it likes: that of this test writes ``{SECRET}-in-…``."""
    return raw.replace(b"{SECRET}-", b"")


def test_what_is_the_caller_s_or_the_vendor_s_fault_is_not_reported(sentry: Receiver) -> None:
    client = reporting(sentry).test_client()
    assert client.get("/break/conflict").status_code == 409
    assert client.get("/v3/dummy/volumes/none").status_code == 404
    assert client.get("/nothing").status_code == 404
    problems.log.error("expected", exc_info=BackendUnavailable("away"))
    assert client.get("/break/badly").status_code == 500
    sentry_sdk.flush()
    told = [event["exception"]["values"][-1] for event in sentry.events]
    assert [(one["type"], one["value"]) for one in told] == [
        ("BackendUnavailable", "away"),
        ("RuntimeError", "The log has the words, under this request id."),
    ]


def test_errors_of_libraries_that_log_them_are_reported_too(sentry: Receiver) -> None:
    reporting(sentry)
    try:
        raise OSError(f"{SECRET}-in-words")
    except OSError:
        logging.getLogger("some.library").exception("It went wrong: %s", f"{SECRET}-in-arguments")
    sentry_sdk.flush()
    [event] = sentry.events
    assert event["exception"]["values"][0]["type"] == "OSError"
    assert f"{SECRET}-".encode() not in _without_source(sentry.raw)


def test_a_sentry_that_is_away_keeps_nobody_waiting() -> None:
    with receiver(delay=10) as slow:
        client = reporting(slow).test_client()
        for _ in range(5):
            assert client.get("/break/badly").status_code == 500
    sentry_sdk.init()


def test_a_dsn_that_is_none_is_named_and_not_shown() -> None:
    assert _start_fails({"SENTRY_DSN": f"https://{SECRET}"}) == ["SENTRY_DSN is no DSN"]


@pytest.mark.parametrize(
    ("package", "setting", "extra"),
    [
        ("sentry_sdk", {"SENTRY_DSN": "http://k@127.0.0.1:9/1"}, "sentry"),
        ("opentelemetry", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, "otel"),
    ],
)
def test_a_missing_package_is_named(package: str, setting: dict[str, str], extra: str) -> None:
    [line] = _start_fails(setting, without=package)
    assert line.startswith(f"{next(iter(setting))} is set, but {package}")
    assert line.endswith(f"is not installed: add the extra '{extra}'")


def test_nothing_of_either_is_imported_unless_configured() -> None:
    """But what redis' client takes of OpenTelemetry, wherever that is installed."""
    ours = ("sentry_sdk", "opentelemetry.exporter", "opentelemetry.instrumentation")
    look = (
        "import sys; import storage_api.wsgi;"
        f"print([name for name in sys.modules if name.startswith({ours!r})])"
    )
    assert _run(look, {}).stdout.splitlines()[-1] == "[]"


def _start_fails(settings: dict[str, str], without: str = "nothing") -> list[str]:
    """What is said at the start, where ``without`` cannot be imported."""
    hide = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {without!r}:\n"
        f"            raise ModuleNotFoundError(name, name={without!r})\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "import storage_api.wsgi"
    )
    done = _run(hide, settings)
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
    return done.stderr.splitlines()[1:]


def _run(code: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    own = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment({**own, **settings}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
