"""Bearer tokens: only the provider's own, for us, now; everything else is 401."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from storage_api.security.roles import Role
from tests.api.callers import assert_problem, call, cookie_of
from tests.servers import service
from tests.services.oauth import SmallProvider
from tests.services.oidc import CLIENT_ID
from tests.services.tokens import encoded, new_key, signed_with_the_public_key, unsigned

Make = Callable[[SmallProvider], str]


@pytest.fixture
def app(small: SmallProvider) -> Flask:
    return service(small.openid_settings())


def with_token(app: Flask, token: str, path: str = "/conf/me/roles") -> TestResponse:
    return call(app, "GET", path, {"Authorization": f"Bearer {token}"})


def part(document: Any) -> str:
    return encoded(json.dumps(document).encode())


def key_in_the_header(small: SmallProvider) -> str:
    own = new_key("first!")
    return small.bearer(own, {"jwk": own.as_dict(private=False)})


def changed_claims(small: SmallProvider) -> str:
    head, _, signature = small.bearer().split(".")
    return f"{head}.{part(small.claims_of_token(groups=['storage owners']))}.{signature}"


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


HOSTILE: dict[str, tuple[Make, str]] = {
    "alg none": (lambda small: unsigned(small.claims_of_token(), small.keys.keys[0]), "verified"),
    "HS256 with the public key": (
        lambda small: signed_with_the_public_key(small.claims_of_token(), small.keys.keys[0]),
        "verified",
    ),
    "a key of its own in the header": (key_in_the_header, "verified"),
    "another's key": (lambda small: small.bearer(new_key("first!")), "signature"),
    "another kind of key": (
        lambda small: small.bearer(ECKey.generate_key("P-256"), {"alg": "ES256"}),
        "verified",
    ),
    "changed claims": (changed_claims, "signature"),
    "an unknown key": (
        lambda small: small.bearer(new_key("x"), {"kid": "x"}),
        "signature",
    ),
    "wrong issuer": (lambda small: small.bearer(iss="https://evil.example"), "issuer"),
    "no issuer": (lambda small: small.bearer(iss=None), "issuer"),
    "wrong audience": (lambda small: small.bearer(aud="https://other.example"), "audience"),
    "our client's audience": (lambda small: small.bearer(aud=CLIENT_ID), "audience"),
    "no audience": (lambda small: small.bearer(aud=None), "audience"),
    "expired": (lambda small: small.bearer(exp=soon(-120)), "expired"),
    "no expiry": (lambda small: small.bearer(exp=None), "expiry"),
    "odd expiry": (lambda small: small.bearer(exp="soon"), "expiry"),
    "not yet": (lambda small: small.bearer(nbf=soon(300)), "yet"),
    "made in the future": (lambda small: small.bearer(iat=soon(300)), "yet"),
    "no subject": (lambda small: small.bearer(sub=None), "verified"),
    "a subject that is no text": (lambda small: small.bearer(sub=["alice"]), "verified"),
    "an ID token": (lambda small: small.bearer(at_hash="x"), "no access token"),
    "groups that are no list": (lambda small: small.bearer(groups={"a": 1}), "groups"),
    "groups that are no names": (lambda small: small.bearer(groups=[1]), "groups"),
    "a critical header": (lambda _small: f"{part({'alg': 'RS256', 'crit': ['x']})}.e30.x", ""),
    "nothing": (lambda _small: "", "verified"),
    "a word": (lambda _small: "token", "verified"),
    "dots": (lambda _small: "..", "verified"),
    "odd parts": (lambda _small: "a.b.c", "verified"),
    "no object": (lambda _small: f"{part([])}.{part([])}.x", "verified"),
    "no header": (lambda small: f"{part({})}.{part(small.claims_of_token())}.x", "verified"),
    "a number as key id": (lambda small: f"{part({'alg': 'RS256', 'kid': 1})}.e30.x", ""),
    "five parts": (lambda _small: "a.b.c.d.e", "verified"),
    "a parameter": (lambda _small: "a=b", "verified"),
    "other characters": (lambda _small: "ä.ö.ü", "verified"),
    "too long": (lambda _small: "x" * 17_000, "too long"),
    "deeply nested": (lambda _small: f"{part({'alg': 'RS256'})}.{encoded(b'[' * 9000)}.x", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_token_is_401_and_says_why(app: Flask, small: SmallProvider, name: str) -> None:
    make, why = HOSTILE[name]
    response = with_token(app, make(small))
    assert why in assert_problem(response, 401)["detail"]
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert "error=invalid_token" in challenge
    assert why in challenge


@pytest.mark.parametrize("name", ["expired", "nothing", "another's key"])
def test_a_bad_token_never_falls_back_to_the_cookie(
    app: Flask, small: SmallProvider, name: str
) -> None:
    headers = cookie_of(app, *Role)
    assert call(app, "GET", "/v3/dummy/users", headers).status_code == 200
    headers["Authorization"] = f"Bearer {HOSTILE[name][0](small)}"
    for path in ("/v3/dummy/users", "/v3/dummy/volumes", "/conf/me/roles", "/health/live"):
        response = call(app, "GET", path, headers)
        assert_problem(response, 401)
        assert "Set-Cookie" not in response.headers


def test_whoever_is_refused_is_nobody_in_the_log(
    small: SmallProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    app = service(small.openid_settings())
    headers = cookie_of(app, *Role) | {"Authorization": "Bearer x"}
    assert_problem(call(app, "DELETE", "/v3/dummy/users/alice", headers), 401)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(line["event"], line["who"]) for line in lines if "who" in line]
    assert told == [("request", "anonymous"), ("audit", "anonymous")]


def test_a_good_token_counts_and_not_the_cookie(app: Flask, small: SmallProvider) -> None:
    headers = cookie_of(app, *Role) | {"Authorization": f"bearer {small.bearer()}"}
    assert call(app, "GET", "/conf/me/roles", headers).get_json() == ["USER"]
    assert_problem(call(app, "GET", "/v3/dummy/users", headers), 403)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://other.example", "https://storage.example.org"]},
        {"groups": "one storage-users"},
        {"groups": None},
    ],
    ids=str,
)
def test_good_tokens(app: Flask, small: SmallProvider, changes: dict[str, Any]) -> None:
    assert with_token(app, small.bearer(**changes)).status_code == 200


def test_clocks_may_differ_by_half_a_minute(app: Flask, small: SmallProvider) -> None:
    for claim, seconds in (("exp", -30), ("nbf", 30), ("iat", 30)):
        token = small.bearer(None, None, **{claim: soon(seconds)})
        assert with_token(app, token).status_code == 200


def test_introspection_is_true_for_tokens(app: Flask, small: SmallProvider) -> None:
    token = small.bearer(groups=["storage admins"])
    assert with_token(app, token).get_json() == ["ADMIN"]
    for role in Role:
        answer = with_token(app, token, f"/conf/roles/{role}/am_i_a").get_json()
        assert answer is (role is Role.ADMIN)
    assert with_token(app, token, "/conf/roles/ADMIN/egroups").get_json() == [
        "bowls, lawn",
        "storage admins",
    ]
    assert_problem(with_token(app, token, "/conf/roles/ROOT/am_i_a"), 404)


def test_unknown_key_ids_cannot_flood_the_provider(app: Flask, small: SmallProvider) -> None:
    other = new_key("x")
    assert with_token(app, small.bearer()).status_code == 200
    for number in range(50):
        token = small.bearer(other, {"kid": f"unknown-{number}"})
        assert with_token(app, token).status_code == 401
    assert small.count("/jwks") <= 2


def test_a_new_key_is_found_within_half_a_minute(
    app: Flask, small: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert with_token(app, small.bearer()).status_code == 200
    small.keys.keys.insert(0, new_key("second"))
    token = small.bearer(header={"kid": "second"})
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 31)
    assert with_token(app, token).status_code == 200
    assert small.count("/jwks") == 2


def test_known_keys_serve_while_the_provider_is_down(
    app: Flask, small: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert with_token(app, small.bearer()).status_code == 200
    small.answer("/jwks", {}, 503)
    small.answer("/discovery", {}, 503)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 7200)
    assert with_token(app, small.bearer()).status_code == 200
    asked = len(small.asked)
    for _ in range(20):
        assert with_token(app, small.bearer()).status_code == 200
    assert len(small.asked) == asked


def test_without_keys_a_token_is_503_and_the_next_one_soon(
    app: Flask, small: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.answer("/jwks", {}, 503)
    for _ in range(20):
        response = with_token(app, small.bearer())
        assert_problem(response, 503)
        assert "Retry-After" in response.headers
    assert small.count("/jwks") == 1
    del small.instead["/jwks"]
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 4)
    assert with_token(app, small.bearer()).status_code == 200


@pytest.mark.parametrize(
    "keys", [b"", b"<html>", [], {}, {"keys": 1}, {"keys": [{"kty": "RSA"}]}, {"keys": [1]}, None]
)
def test_malformed_keys_are_502(app: Flask, small: SmallProvider, keys: Any) -> None:
    small.answer("/jwks", keys)
    assert_problem(with_token(app, small.bearer()), 502)


def test_tokens_need_an_audience_and_discovery(small: SmallProvider) -> None:
    for settings in (small.plain_settings(), small.openid_settings(SAPI_OAUTH_AUDIENCE="")):
        problem = assert_problem(with_token(service(settings), small.bearer()), 401)
        assert "not set up" in problem["detail"]
