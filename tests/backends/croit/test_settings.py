"""Which options are taken, and what a wrong one is told."""

from typing import Any

import pytest

from storage_api.backends.croit.backend import CroitStorage
from storage_api.backends.croit.settings import CroitOptions
from storage_api.backends.options import OptionError
from storage_api.domain.secrets import Secret

BASE = {"api_url": "https://croit.example.org", "s3_endpoint": "https://s3.example.org"}
TOKEN = BASE | {"token": "made-up-token"}


def parsed(options: dict[str, str]) -> CroitOptions:
    raw = {name: Secret(value) for name, value in options.items()}
    found: CroitOptions = CroitStorage.from_options(raw)._options
    return found


def mistake(options: dict[str, str]) -> str:
    with pytest.raises(OptionError) as caught:
        parsed(options)
    return str(caught.value)


def test_the_published_names_and_defaults_hold() -> None:
    options = parsed(TOKEN)
    assert (options.user_prefix, options.slug_separator) == ("waldur_", "_")
    assert (options.max_username_length, options.timeout, options.verify_ssl) == (64, 30.0, True)
    assert (options.s3_region, options.allow_purge, options.expose_credentials) == (
        "default",
        False,
        False,
    )
    assert options.default_tenant is options.default_placement is None


@pytest.mark.parametrize("end", ["", "/", "/api", "/api/"])
@pytest.mark.parametrize("path", ["", "/croit"])
def test_the_address_may_end_with_api_or_not(path: str, end: str) -> None:
    options = parsed(TOKEN | {"api_url": f"https://croit.example.org:8443{path}{end}"})
    assert options.root == f"https://croit.example.org:8443{path}/api"


def test_a_trailing_slash_of_the_endpoint_is_cut() -> None:
    assert parsed(TOKEN | {"s3_endpoint": "https://s3.example.org/"}).s3_endpoint == (
        "https://s3.example.org"
    )


def test_the_endpoint_is_never_guessed() -> None:
    assert "s3_endpoint" in mistake({"api_url": BASE["api_url"], "token": "t"})


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({}, "'token'"),
        ({"username": "u"}, "'password'"),
        ({"password": "p"}, "'username'"),
        ({"token": "t", "username": "u"}, "excludes 'username'"),
        ({"token": "t", "password": "p"}, "excludes 'password'"),
        ({"token": "t", "username": "u", "password": "p"}, "'username' and 'password'"),
        ({"token": ""}, "'token'"),
        ({"token": "two words"}, "'token'"),
        ({"username": "a:b", "password": "p"}, "'username'"),
    ],
)
def test_there_is_exactly_one_way_to_sign_on(credentials: dict[str, str], words: str) -> None:
    assert words in mistake(BASE | credentials)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("api_url", "croit.example.org"),
        ("api_url", "https://user:secret@croit.example.org"),
        ("api_url", "https://croit.example.org/api?x=1"),
        ("api_url", "https://croit.example.org/../x"),
        ("s3_endpoint", "https://s3.example.org/bucket"),
        ("s3_endpoint", "ftp://s3.example.org"),
        ("user_prefix", "a/b"),
        ("s3_region", "a b"),
        ("default_tenant", "with-dash"),
        ("default_placement", "a/b"),
        ("default_storage_class", "A B"),
        ("ca_file", "/nowhere/ca.pem"),
    ],
)
def test_a_wrong_value_is_named_but_not_repeated(option: str, value: str) -> None:
    said = mistake(TOKEN | {option: value})
    assert f"'{option}'" in said
    assert value not in said


def test_no_name_could_be_made_is_told_at_once() -> None:
    assert "max_username_length" in mistake(TOKEN | {"user_prefix": "p" * 60})


def test_all_mistakes_are_told_at_once() -> None:
    wrong: dict[str, Any] = {
        "api_url": "x",
        "s3_endpoint": "y",
        "password": "p",
        "s3_region": "a b",
        "ca_file": "/nowhere",
    }
    said = mistake(TOKEN | wrong)
    assert all(f"'{name}'" in said for name in wrong)


def test_options_of_the_other_flavour_are_refused_together() -> None:
    said = mistake(TOKEN | {"admin_access_key": "a", "admin_secret_key": "s", "max_buckets": "5"})
    assert said.count("unknown") == 3
