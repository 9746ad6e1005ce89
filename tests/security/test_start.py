"""Where the service stands: behind proxies or not, in debug mode or not."""

import json

import pytest

from storage_api.environment import SettingsError
from tests.api.callers import assert_problem, call
from tests.security.test_signon import PRODUCTION
from tests.servers import DUMMY, environment, service
from tests.services.forms import query_of
from tests.test_settings import start

FORWARDED = {
    "Host": "storage-api.namespace.svc:5000",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "storage.example.org",
    "X-Forwarded-For": "10.1.2.3",
}


def callback_url(proxies: str, headers: dict[str, str], path: str = "/oauth-done") -> str:
    app = service({**PRODUCTION, "SAPI_PROXIES": proxies, "SAPI_OAUTH_CALLBACK_URL_RELATIVE": path})
    response = call(app, "GET", "/login", headers)
    return query_of(response.headers["Location"])["redirect_uri"]


def test_behind_proxies_the_callback_is_where_the_browser_is() -> None:
    assert callback_url("1", FORWARDED) == "https://storage.example.org/oauth-done"
    assert callback_url("1", FORWARDED, "/auth/back") == "https://storage.example.org/auth/back"


def test_nobody_is_believed_unless_told_so() -> None:
    assert callback_url("0", FORWARDED) == "http://storage-api.namespace.svc:5000/oauth-done"


def test_only_the_nearest_proxies_are_believed() -> None:
    lies = {
        **FORWARDED,
        "X-Forwarded-Host": "evil.example, storage.example.org",
        "X-Forwarded-Proto": "http, https",
    }
    assert callback_url("1", lies) == "https://storage.example.org/oauth-done"
    two = {**FORWARDED, "X-Forwarded-Host": "storage.example.org, inner.example.org"}
    two["X-Forwarded-Proto"] = "https, http"
    assert callback_url("2", two) == "https://storage.example.org/oauth-done"


def test_a_foreign_write_is_refused_behind_proxies_too() -> None:
    app = service({"SAPI_PROXIES": "1"})
    cookie = app.test_client().get("/login").headers["Set-Cookie"].partition(";")[0]
    for origin, status in (
        ("https://storage.example.org", 404),
        ("http://storage-api.namespace.svc:5000", 403),
        ("https://evil.example", 403),
    ):
        headers = {**FORWARDED, "Cookie": cookie, "Origin": origin}
        answer = call(app, "DELETE", "/v3/dummy/volumes/v", headers)
        assert answer.status_code in ({404, 204} if status == 404 else {status})


DEBUG = {"SAPI_BACKENDS": DUMMY, "FLASK_DEBUG": "1"}
CLIENT = {"SAPI_OAUTH_CLIENT_ID": "storage-api", "SAPI_OAUTH_SECRET_KEY": "hidden-secret"}


@pytest.mark.parametrize("client", [CLIENT, *({name: value} for name, value in CLIENT.items())])
@pytest.mark.parametrize("allowed", ["", "0", "true", "yes"])
def test_debug_mode_and_an_oauth_client_do_not_start(client: dict[str, str], allowed: str) -> None:
    with pytest.raises(SettingsError, match="SAPI_ALLOW_DEBUG_LOGIN=1") as caught:
        service({**client, "SAPI_ALLOW_DEBUG_LOGIN": allowed})
    assert "hidden" not in str(caught.value)
    service({**client, "SAPI_ALLOW_DEBUG_LOGIN": "1"})


def test_uwsgi_does_not_start_so_either() -> None:
    done = start({**DEBUG, **CLIENT})
    assert done.returncode != 0
    assert "SAPI_ALLOW_DEBUG_LOGIN" in done.stderr
    assert environment({})["PYTHONUTF8"] == "1"


def test_every_debug_log_in_leaves_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    app = service()
    for _ in range(3):
        assert call(app, "GET", "/login").status_code == 302
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    warnings = [line for line in lines if line["event"] == "debug-login"]
    assert [line["level"] for line in warnings] == ["warning"] * 3


def test_the_callback_is_absent_without_a_provider() -> None:
    assert_problem(call(service(), "GET", "/oauth-done?code=x&state=y"), 404)
