"""Coming back from the provider: state, PKCE and nonce are checked, and the cookie stays small."""

import base64
import random
import time
from typing import Any

import pytest
from flask import Flask, session

from storage_api.security.session import Session, start_session
from tests.api.callers import assert_problem
from tests.security.test_signon import FOREIGN, OURS
from tests.security.visitor import Visitor
from tests.servers import service
from tests.services.forms import query_of
from tests.services.oauth import SmallProvider
from tests.services.oidc import CLIENT_ID, OidcProvider
from tests.services.tokens import new_key


@pytest.fixture
def app(small: SmallProvider) -> Flask:
    return service(small.openid_settings())


@pytest.mark.parametrize("target", OURS)
def test_a_caller_comes_back_to_the_local_page_asked_for(app: Flask, target: str) -> None:
    assert Visitor(app).sign_on(target).headers["Location"] == target


@pytest.mark.parametrize("target", [*FOREIGN, f"/{'x' * 300}"])
def test_nobody_is_sent_elsewhere(app: Flask, target: str) -> None:
    response = Visitor(app).sign_on(target)
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_a_request_names_what_protects_it(app: Flask) -> None:
    visitor = Visitor(app)
    first, second = query_of(visitor.begin()), query_of(visitor.begin())
    assert first["code_challenge_method"] == "S256"
    assert first["scope"] == "openid profile groups"
    assert first["redirect_uri"] == "https://localhost/oauth-done"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]


def test_a_callback_works_once(oidc: OidcProvider) -> None:
    visitor = Visitor(service(oidc.settings()))
    back = visitor.at_provider(visitor.begin())
    before = visitor.cookie
    assert visitor.get(back).status_code == 302
    assert_problem(visitor.get(back), 400)
    assert visitor.roles == ["USER"]
    visitor.client.delete_cookie("__Host-sapi_session", domain="localhost")
    assert_problem(visitor.get(back, {"Cookie": before}), 400)


@pytest.mark.parametrize(
    "query",
    ["", "?state=", "?code=x", "?state=x&code=y", "?state=x&state=y", "?error=x", "?state=%00"],
)
def test_a_forged_callback_is_refused(app: Flask, small: SmallProvider, query: str) -> None:
    visitor = Visitor(app)
    visitor.begin()
    assert_problem(visitor.get(f"/oauth-done{query}"), 400)
    assert small.count("/Token") == 0


def test_another_s_log_in_cannot_be_slipped_in(app: Flask, small: SmallProvider) -> None:
    """Log-in CSRF: the victim would go on working as the attacker."""
    attacker, victim = Visitor(app), Visitor(app)
    back = attacker.at_provider(attacker.begin())
    victim.begin()
    assert_problem(victim.get(back), 400)
    state = query_of(victim.begin())["state"]
    mixed = f"/oauth-done?code={query_of(back)['code']}&state={state}"
    assert_problem(victim.get(mixed), 400)
    assert victim.roles == []


def test_a_planted_session_does_not_survive_signing_on(app: Flask) -> None:
    """Session fixation: the cookie that an attacker knows is worth nothing afterwards."""
    attacker, victim = Visitor(app), Visitor(app)
    attacker.begin()
    planted = attacker.cookie
    victim.client.set_cookie("__Host-sapi_session", planted.partition("=")[2], domain="localhost")
    victim.sign_on()
    assert victim.roles == ["USER"]
    assert victim.cookie != planted
    assert attacker.roles == []


def test_a_log_in_must_end_in_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(app)
    back = visitor.at_provider(visitor.begin())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 901)
    assert "too long" in assert_problem(visitor.get(back), 400)["detail"]


def test_two_tabs_may_sign_on_at_once(app: Flask) -> None:
    visitor = Visitor(app)
    first, second = visitor.begin("/first"), visitor.begin("/second")
    backs = [visitor.at_provider(address) for address in (first, second)]
    assert visitor.get(backs[0]).headers["Location"] == "/first"
    assert visitor.roles == ["USER"]


def test_abandoned_log_ins_never_grow_the_cookie(app: Flask) -> None:
    visitor = Visitor(app)
    sizes = []
    for _ in range(100):
        visitor.begin("/" + "v" * 200)
        sizes.append(len(visitor.cookie))
    assert max(sizes) < 1024
    assert max(sizes[2:]) - min(sizes[2:]) < 40
    visitor.sign_on()
    assert len(visitor.cookie) < 300


@pytest.mark.parametrize("character", ["!", "ä", "\u4e2d", "\U0001f600", "\x01"])
def test_no_name_grows_the_cookie(app: Flask, character: str) -> None:
    numbers = random.Random(1)  # what repeats itself would be packed
    name = "".join(chr(ord(character) + numbers.randrange(90)) for _ in range(5000))
    with app.test_request_context("/"):
        start_session(Session(name, name, frozenset()))
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
        assert len(response.headers["Set-Cookie"]) < 1024


def test_the_cookie_holds_neither_token_nor_groups(oidc: OidcProvider) -> None:
    visitor = Visitor(service(oidc.settings()), "frank")
    visitor.sign_on()
    payload = visitor.cookie.partition("=")[2].partition(".")[0]
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    assert "frank" in text
    for word in ("token", "experiment", "state", "verifier", "nonce"):
        assert word not in text


def test_pkce_protects_a_stolen_code(small: SmallProvider) -> None:
    """Whoever knows the code and the client's secret, but not the verifier, gets nothing."""
    victim = Visitor(service(small.openid_settings()))
    back = victim.at_provider(victim.begin())
    attacker = Visitor(service(small.openid_settings()))
    state = query_of(attacker.begin())["state"]
    stolen = f"/oauth-done?code={query_of(back)['code']}&state={state}"
    assert "invalid_grant" in assert_problem(attacker.get(stolen), 400)["detail"]


LIES: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"nonce": ""},
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "another-client"},
    {"aud": "another-client", "azp": CLIENT_ID},
    {"aud": [CLIENT_ID, "another"], "azp": "another"},
    {"aud": None},
    {"exp": 1},
    {"exp": None},
    {"exp": "soon"},
    {"iat": 4_000_000_000},
    {"nbf": 4_000_000_000},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
    {"sub": "somebody-else"},
    {"at_hash": "wrong"},
    {"groups": {"a": "b"}},
    {"groups": [1]},
]


@pytest.mark.parametrize("claims", LIES, ids=str)
def test_a_wrong_id_token_signs_nobody_on(
    app: Flask, small: SmallProvider, claims: dict[str, Any]
) -> None:
    small.claims = claims
    visitor = Visitor(app)
    assert_problem(visitor.sign_on(), 502)
    assert visitor.roles == []


def test_an_id_token_s_signature_counts(app: Flask, small: SmallProvider) -> None:
    honest = small.keys.keys[0]
    visitor = Visitor(app)
    visitor.sign_on()
    small.keys.keys[0] = new_key("first!")
    again = Visitor(app)
    assert_problem(again.sign_on(), 502)
    assert again.roles == []
    small.keys.keys[0] = honest
    assert again.sign_on().status_code == 302


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_weak_signatures_are_refused(app: Flask, small: SmallProvider, algorithm: str) -> None:
    small.algorithm = algorithm
    assert_problem(Visitor(app).sign_on(), 502)
