"""The options that an operator sets."""

import re
from dataclasses import fields

import pytest

from storage_api.backends.cscs.backend import CscsStorage
from storage_api.backends.cscs.settings import CscsOptions
from storage_api.backends.options import OptionError
from storage_api.domain.secrets import Secret
from tests.servers import ROOT

GIDS = {
    "hpc_user_api_url": "https://hpc.example.org",
    "hpc_user_client_id": "storage",
    "hpc_user_client_secret": "gid-service-secret",
    "hpc_user_oidc_token_url": "https://sso.example.org/token",
}
GOOD = {
    "waldur_api_url": "https://waldur.example.org/api/",
    "waldur_api_token": "0123456789abcdef0123456789abcdef01234567",
    "storage_systems": "capstor=capstor",
    **GIDS,
}


def build(*without: str, **options: str) -> CscsStorage:
    raw = {name: text for name, text in (GOOD | options).items() if name not in without}
    return CscsStorage.from_options({name: Secret(text) for name, text in raw.items()})


def options(**given: str) -> CscsOptions:
    return build(**given)._options


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://w.example.pi/api/", "https://w.example.pi"),
        ("https://w.example.org/api", "https://w.example.org"),
        ("https://w.example.org", "https://w.example.org"),
        ("https://w.example.org/portal/api/", "https://w.example.org/portal"),
        ("https://w.example.org/api/api", "https://w.example.org/api"),
        ("https://w.example.org/myapi", "https://w.example.org/myapi"),
    ],
)
def test_one_exact_suffix_is_taken_off_the_address(url: str, root: str) -> None:
    assert options(waldur_api_url=url).waldur_root == root


@pytest.mark.parametrize(
    ("text", "systems"),
    [
        ("capstor=capstor", {"capstor": "capstor"}),
        (" a = x , b=y_2,", {"a": "x", "b": "y_2"}),
        ('{"Any name": "slug", "b": "c"}', {"Any name": "slug", "b": "c"}),
    ],
)
def test_storage_systems_have_any_names(text: str, systems: dict[str, str]) -> None:
    assert dict(options(storage_systems=text).systems) == systems
    assert list(options(storage_systems=text).systems) == list(systems)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("waldur_api_url", "waldur.example.org"),
        ("waldur_api_url", "ftp://waldur.example.org"),
        ("waldur_api_url", "https://user:pass-word@waldur.example.org"),
        ("waldur_api_url", "https://waldur.example.org?token=abc"),
        ("waldur_api_url", "https://waldur.example.org:port"),
        ("waldur_api_url", "https://waldur.example.org/a b"),
        ("waldur_api_url", "https://waldur.example.org/../x"),
        ("waldur_api_token", ""),
        ("waldur_api_token", "two words"),
        ("waldur_api_token", "line\nend"),
        ("storage_systems", ""),
        ("storage_systems", "capstor"),
        ("storage_systems", "capstor="),
        ("storage_systems", "=capstor"),
        ("storage_systems", "capstor=a,capstor=b"),
        ("storage_systems", '{"a": 1}'),
        ("storage_systems", '{"a": "b,c"}'),
        ("storage_systems", '{"a": "b"'),
        ("storage_systems", '{"a": "b", "a": "c"}'),
        ("storage_systems", '{" ": "blank"}'),
        ("storage_systems", "{}"),
        ("storage_systems", "[]"),
        ("storage_file_system", " "),
        ("inode_soft_coefficient", "0"),
        ("inode_soft_coefficient", "nan"),
        ("inode_hard_coefficient", "1.32"),
        ("inode_base_multiplier", "-1"),
        ("inode_base_multiplier", "many"),
        ("tb_bytes", "1"),
        ("hpc_user_api_url", "hpc.example.org"),
        ("hpc_user_oidc_token_url", "/token"),
        ("hpc_user_client_secret", ""),
        ("socks_proxy", "socks4://proxy.example.org:1080"),
        ("socks_proxy", "http://proxy.example.org:1080"),
        ("socks_proxy", "socks5://proxy.example.org"),
        ("socks_proxy", "proxy.example.org:1080"),
        ("hpc_user_socks_proxy", "socks4a://user:pass-word@proxy:1080"),
        ("ca_file", "/no/such/file"),
        ("ca_file", "/dev/null"),
        ("concurrency", "0"),
        ("concurrency", "1000"),
        ("cache_ttl", "-1"),
        ("verify_tls", "perhaps"),
        ("development_mode", "maybe"),
    ],
)
def test_a_bad_option_is_named_and_its_value_is_not(option: str, text: str) -> None:
    with pytest.raises(OptionError) as raised:
        build(**{option: text})
    assert option in str(raised.value)
    if (len(text) > 4 and "example" in text) or "pass-word" in text:
        assert text not in str(raised.value)


def test_an_unknown_option_is_told_by_its_place() -> None:
    with pytest.raises(OptionError, match=r"option number \d+ is unknown") as raised:
        build(unheard_of="value-of-it")
    assert "value-of-it" not in str(raised.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(OptionError) as raised:
        build(waldur_api_url="x", socks_proxy="x", storage_systems="x", inode_hard_coefficient="1")
    told = str(raised.value)
    for name in ("waldur_api_url", "socks_proxy", "storage_systems", "inode_hard_coefficient"):
        assert name in told


def test_the_gid_service_may_be_missing_in_development_only() -> None:
    build(*GIDS, development_mode="true")
    with pytest.raises(OptionError, match="hpc_user_api_url"):
        build(*GIDS)
    for name in GIDS:
        with pytest.raises(OptionError, match=name):
            build(name, development_mode="true")


@pytest.mark.parametrize(
    "proxy",
    ["socks5://127.0.0.1:1080", "socks5h://user:word@proxy.example.org:1080", "socks5://[::1]:9"],
)
def test_socks_proxies_may_be_given_for_either_service(proxy: str) -> None:
    options = build(socks_proxy=proxy, hpc_user_socks_proxy=proxy)._options
    assert options.socks_proxy is not None
    assert options.hpc_user_socks_proxy is not None
    assert options.socks_proxy.reveal() == options.hpc_user_socks_proxy.reveal() == proxy


def test_nothing_secret_is_in_what_prints() -> None:
    storage = build(socks_proxy="socks5://user:proxy-word@127.0.0.1:1080")
    told = repr(storage) + repr(storage._options) + repr(vars(storage))
    for secret in (GOOD["waldur_api_token"], "gid-service-secret", "proxy-word"):
        assert secret not in told


def test_every_option_is_documented() -> None:
    page = (ROOT / "docs" / "backends" / "cscs.md").read_text(encoding="utf-8")
    table = page.partition("## Options")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert documented == [field.name for field in fields(CscsOptions)]
