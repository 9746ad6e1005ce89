"""What an operator may set, and what is refused at the start."""

import re
from pathlib import Path

import pytest

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.backends.ecs.settings import EcsOptions
from storage_api.backends.options import OptionError
from storage_api.domain.secrets import Secret
from tests.simulators.ecs import EcsSimulator

GIVEN = {"url": "https://ecs.example.org", "username": "storage-api", "password": "made-up"}


def built(**options: str) -> EcsStorage:
    return EcsStorage.from_options({key: Secret(text) for key, text in (GIVEN | options).items()})


def options_of(**given: str) -> EcsOptions:
    return built(**given)._options


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://ecs.example.org", "https://ecs.example.org:4443"),
        ("https://ecs.example.org:443", "https://ecs.example.org:443"),
        ("https://10.0.0.7", "https://10.0.0.7:4443"),
        ("https://[2001:db8::7]", "https://[2001:db8::7]:4443"),
        ("https://[2001:db8::7]:9443", "https://[2001:db8::7]:9443"),
    ],
)
def test_the_port_is_4443_unless_the_url_names_one(url: str, origin: str) -> None:
    """ColdFront's plugin appends its port to whatever the URL is."""
    assert options_of(url=url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ecs.example.org",
        "http://ecs.example.org",
        "https://ecs.example.org/",
        "https://ecs.example.org/object",
        "https://root:secret@ecs.example.org",
        "https://ecs.example.org?x=1",
        "https://ecs.example.org:0",
        "https://ecs.example.org:99999",
        "https://ecs example.org",
        "https://",
    ],
)
def test_a_url_that_is_no_https_address_stops_the_start(url: str) -> None:
    """ColdFront's plugin finds out in the middle of its first request."""
    with pytest.raises(OptionError, match="option 'url'") as caught:
        built(url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("missing", ["url", "username", "password"])
def test_what_is_needed_is_named(missing: str) -> None:
    rest = {key: Secret(value) for key, value in GIVEN.items() if key != missing}
    with pytest.raises(OptionError, match=f"missing option '{missing}'"):
        EcsStorage.from_options(rest)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("username", ""),
        ("username", "a:b"),
        ("password", ""),
        ("monitor_username", "monitor"),
        ("monitor_password", "alone"),
        ("replication_group", ""),
        ("ldap_domain", "not a domain"),
        ("default_namespace", "a/b"),
        ("s3_endpoint", "ecs.example.org:9021"),
        ("concurrency", "5"),
        ("concurrency", "0"),
        ("read_timeout", "0"),
        ("verify_tls", "perhaps"),
        ("allow_purge", "maybe"),
        ("ca_file", "/does/not/exist"),
    ],
)
def test_an_odd_value_stops_the_start_without_being_repeated(option: str, value: str) -> None:
    with pytest.raises(OptionError, match=f"'{option}'") as caught:
        built(**{option: value})
    words = re.sub(r"'\w+'", "", str(caught.value))
    assert len(value) < 2 or value not in words


def test_any_option_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("from a file\n")
    raw = {
        "url": Secret(GIVEN["url"]),
        "username": Secret("u"),
        "password_file": Secret(str(secret)),
    }
    assert EcsStorage.from_options(raw)._options.password == Secret("from a file")


def test_building_connects_to_nothing(sim: EcsSimulator) -> None:
    """ColdFront's plugin logs in as soon as its client is made."""
    built(url=sim.url)
    assert (sim.requests, sim.connections) == ([], 0)


def test_each_cluster_has_an_account_and_a_token_of_its_own() -> None:
    """ColdFront's plugin has one account for all clusters, and one file for their tokens."""
    with EcsSimulator(username="one") as first, EcsSimulator(username="two") as second:
        for sim in (first, second):
            options = {"url": sim.url, "username": sim.username, "password": sim.password}
            built(**options, ca_file=str(sim.ca_file)).probe()
        tokens = [
            {one.headers.get("x-sds-auth-token") for one in sim.requests} for sim in (first, second)
        ]
        assert tokens[0] & tokens[1] == {None}
        assert all(one.account in {None, "one"} for one in first.requests)
        assert all(one.account in {None, "two"} for one in second.requests)
