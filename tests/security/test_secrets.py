"""Secrets are in no log line, error, answer, ``repr`` or message, at any level."""

import copy
import dataclasses
import io
import json
import logging
import pickle
from collections.abc import Iterator

import pytest
from flask import Flask

from storage_api.app import create_app
from storage_api.backends.registry import BUILTIN, load_backend_class
from storage_api.domain.models import NewKey
from storage_api.domain.secrets import Secret
from storage_api.environment import SettingsError
from storage_api.security.roles import Role
from storage_api.settings import OPTION_SEPARATOR, load_settings
from tests.api.callers import call, cookie_of
from tests.api.routes import Route, backend_routes
from tests.security.test_signon import basic
from tests.security.visitor import Visitor
from tests.servers import service
from tests.services.forms import query_of
from tests.services.oauth import small_provider
from tests.services.oidc import CLIENT_SECRET

ENVIRONMENT = {
    "SAPI_SECRET_KEY": "planted-session-key",
    "SAPI_OAUTH_CLIENT_ID": "storage-api",
    "SAPI_OAUTH_SECRET_KEY": "planted-oauth-secret",
    "SAPI_SECRET_KEY_FALLBACKS": "planted-former-key, planted-other-former-key",
    "SAPI_REDIS_URL": "redis://:planted-redis-password@127.0.0.1:9/0",
    "SAPI_ALLOW_DEBUG_LOGIN": "1",
    "BASIC_AUTH_USERNAME": "planted-user-name",
    "BASIC_AUTH_PASSWORD": "planted-password",
}
PLANTED = "planted-"
#: Options that exclude others: croit is signed on to in one way.
EXCLUDED = {("CroitStorage", "password")}


def planted_options(class_name: str) -> dict[str, str]:
    """A secret in every option of the class that is a secret."""
    options = load_backend_class(class_name).Options
    return {
        field.name: f"{PLANTED}{field.name}"
        for field in dataclasses.fields(options)
        if "Secret" in str(field.type) and (class_name, field.name) not in EXCLUDED
    }


def configured(class_name: str, **more: str) -> str:
    """An entry of SAPI_BACKENDS that needs no storage system to be there."""
    needed = {
        "CroitStorage": {
            "api_url": "http://127.0.0.1:9",
            "s3_endpoint": "http://127.0.0.1:9",
        },
        "RadosgwStorage": {"endpoint": "http://127.0.0.1:9", "admin_access_key": "AKIA"},
        "EcsStorage": {
            "url": "https://127.0.0.1:9",
            "username": "storage-api",
            "monitor_username": "monitor",
        },
        "NetappStorage": {"username": "storage-api", "vserver": "vs3sx50"},
        "CscsStorage": {
            "waldur_api_url": "http://127.0.0.1:9",
            "storage_systems": "capstor=capstor",
            "hpc_user_api_url": "http://127.0.0.1:9",
            "hpc_user_client_id": "storage",
            "hpc_user_oidc_token_url": "http://127.0.0.1:9/token",
            "socks_proxy": f"socks5://u:{PLANTED}proxy@127.0.0.1:9",
            "hpc_user_socks_proxy": f"socks5://u:{PLANTED}other-proxy@127.0.0.1:9",
        },
    }
    options = {**planted_options(class_name), **needed.get(class_name, {}), **more}
    parts = [class_name.lower(), class_name]
    for name, value in options.items():
        parts += [name, value]
    return OPTION_SEPARATOR.join(parts)


@pytest.fixture(scope="module")
def everything() -> Flask:
    entries = [configured(name) for name in BUILTIN]
    backends = "🦄".join(["dummy🌈DummyStorage", *entries])
    return service({"SAPI_BACKENDS": backends, "SAPI_LOG_LEVEL": "DEBUG", **ENVIRONMENT})


@pytest.fixture
def logged(everything: Flask) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    for handler in logging.getLogger().handlers:
        if type(handler) is logging.StreamHandler:
            handler.stream = stream  # setStream would flush the former one, which may be closed
    logging.getLogger().setLevel(logging.DEBUG)
    yield stream
    assert PLANTED not in stream.getvalue()


def test_no_answer_and_no_log_line_holds_one(everything: Flask, logged: io.StringIO) -> None:
    admin = cookie_of(everything, *Role)
    for route in _routes(everything):
        for body in ({}, {"size_total": -1}, {"max_bytes": 5, "owner": "x"}):
            response = call(everything, route.method, route.path, admin, json=body)
            assert PLANTED not in response.get_data(as_text=True)
            assert PLANTED not in str(response.headers)
    assert logged.getvalue()


def _routes(app: Flask) -> list[Route]:
    """All of the dummy; a few of each back-end whose storage system is not there."""
    paths = (
        "volumes",
        "buckets",
        "users",
        "namespaces",
        "capacity",
        "storage-resources?debug=true",
    )
    few = [Route("GET", f"/v3/{name.lower()}/{path}", None) for name in BUILTIN for path in paths]
    conf = [Route("GET", f"/conf/subsystems/{name.lower()}", None) for name in BUILTIN]
    ready = Route("GET", "/health/ready", None)
    described = [Route("GET", path, None) for path in ("/swagger.json", "/openapi.json")]
    return [*backend_routes(app), *few, *conf, ready, *described]


def test_no_attempt_to_sign_on_is_logged(everything: Flask, logged: io.StringIO) -> None:
    for username, password in (
        ("planted-wrong", "planted-password"),
        ("planted-wrong", "planted-guess"),
    ):
        response = call(everything, "GET", "/login_basic", basic(username, password))
        assert PLANTED not in response.get_data(as_text=True)
    assert logged.getvalue()


def test_a_new_key_s_secret_is_in_its_answer_only(everything: Flask, logged: io.StringIO) -> None:
    admin = cookie_of(everything, *Role)
    call(everything, "POST", "/v3/dummy/users/key-owner", admin, json={})
    keys = "/v3/dummy/users/key-owner/keys"
    first = call(everything, "POST", keys, admin).get_json()
    second = call(everything, "POST", f"{keys}/{first['access_key']}/rotate", admin).get_json()
    for path in (keys, "/v3/dummy/users/key-owner", "/v3/dummy/users"):
        text = call(everything, "GET", path, admin).get_data(as_text=True)
        assert first["secret_key"] not in text
        assert second["secret_key"] not in text
    assert first["secret_key"] not in logged.getvalue()
    assert second["secret_key"] not in logged.getvalue()


def test_no_repr_holds_one(everything: Flask) -> None:
    settings = load_settings({"SAPI_BACKENDS": configured("NetappStorage"), **ENVIRONMENT})
    backends = everything.extensions["storage_api"]
    for value in (settings, backends, *backends.values(), everything.extensions):
        assert PLANTED not in repr(value)
        assert PLANTED not in f"{value}"
    for backend in backends.values():
        assert PLANTED not in repr(vars(backend))
    key = NewKey(access_key="AKIA", secret_key="planted-new-key")
    assert PLANTED not in repr(key)
    assert PLANTED not in f"{key}"


def test_a_secret_does_not_travel_by_accident() -> None:
    secret = Secret("planted-x")
    for text in (str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret):  # noqa: UP031
        assert text == "***"
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


WRONG_BACKENDS = [
    configured("NetappStorage", unknown="planted-y"),
    configured("NetappStorage") + "🌈odd",
    configured("NetappStorage").replace("NetappStorage", "planted-class"),
    f"planted endpoint🌈{configured('NetappStorage')}",
    f"{configured('NetappStorage')}🌈password🌈planted-again",
    f"{configured('NetappStorage')}🦄planted!",
    "a🌈NetappStorage🌈password_file🌈/planted-path/of/a/file🌈username🌈x🌈vserver🌈y",
    configured("RadosgwStorage", read_timeout="planted-number", verify_tls="planted-boolean"),
    configured("RadosgwStorage", endpoint="planted-url"),
    configured("CroitStorage", password="planted-other-way", api_url="planted-url"),
    configured("CroitStorage", s3_endpoint="planted-url", user_prefix="planted prefix"),
]


@pytest.mark.parametrize("backends", WRONG_BACKENDS)
def test_no_start_up_error_repeats_a_value(backends: str) -> None:
    with pytest.raises(SettingsError) as caught:
        create_app({"SAPI_BACKENDS": backends, "SAPI_LOG_LEVEL": "planted-level", **ENVIRONMENT})
    assert PLANTED not in str(caught.value)
    with pytest.raises(SettingsError) as caught:
        create_app({"SAPI_BACKENDS": backends, **ENVIRONMENT})
    assert PLANTED not in str(caught.value)


def test_no_other_setting_s_value_is_repeated() -> None:
    names = ["TOKEN_URL", "AUTHORIZE_URL", "GROUPS_URL", "METADATA_URL", "CALLBACK_URL_RELATIVE"]
    wrong = {f"SAPI_OAUTH_{name}": "planted-url" for name in names}
    wrong |= {"SAPI_ROLE_USER_GROUPS": '"planted', "SAPI_LOG_LEVEL": "planted"}
    wrong |= {"SAPI_REDIS_URL": "planted-url", "SAPI_PROXIES": "planted"}
    with pytest.raises(SettingsError) as caught:
        create_app({"SAPI_BACKENDS": "dummy🌈DummyStorage", **ENVIRONMENT, **wrong})
    assert len(caught.value.mistakes) == 9
    assert PLANTED not in str(caught.value)


def test_no_log_line_of_a_sign_on_holds_one(capsys: pytest.CaptureFixture[str]) -> None:
    with small_provider() as provider:
        debug = {"SAPI_LOG_LEVEL": "DEBUG"}
        settings = (provider.plain_settings(**debug), provider.openid_settings(**debug))
        for app in map(service, settings):
            visitor = Visitor(app)
            address = visitor.begin()
            back = visitor.at_provider(address)
            visitor.get(back)
            visitor.get(back)
            assert visitor.roles == ["USER"]
            call(app, "GET", "/conf/me/roles", {"Authorization": f"Bearer {provider.bearer()}"})
            call(app, "GET", "/conf/me/roles", {"Authorization": "Bearer planted-token"})
            visitor.get("/oauth-done?error=planted-error&code=planted-code")
        log = capsys.readouterr().out
        secret = [CLIENT_SECRET, visitor.cookie, provider.bearer()[:40], query_of(address)["state"]]
        secret += [form["code_verifier"] for form in provider.forms if "code_verifier" in form]
        secret += [query_of(back)["code"], *provider.tokens, PLANTED]
    assert '"event": "signed-on"' in log
    assert len(secret) == 10
    assert [value for value in secret if value in log] == []
