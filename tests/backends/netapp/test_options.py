"""The options that an operator sets."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.backends.netapp.settings import NetappOptions
from storage_api.backends.options import OptionError
from storage_api.domain.secrets import Secret
from tests.servers import ROOT
from tests.simulators.tls import Authority

GOOD = {"vserver": "vs3sx50", "username": "storage-api", "password": "topsecret"}


def from_texts(raw: dict[str, str]) -> NetappStorage:
    return NetappStorage.from_options({name: Secret(text) for name, text in raw.items()})


def build(**options: str) -> NetappStorage:
    return from_texts(GOOD | options)


def options_of(storage: NetappStorage) -> NetappOptions:
    return storage._options


def test_the_filer_is_called_like_the_vserver_unless_told_otherwise() -> None:
    assert options_of(build()).address == "vs3sx50"
    assert options_of(build(hostname="filer:8443")).address == "filer:8443"


@pytest.mark.parametrize(
    "hostname", ["filer", "filer.example.org", "10.0.0.1:443", "[::1]", "[fe80::1]:8443", "f_1-a"]
)
def test_an_address_may_be_a_name_or_a_number_with_a_port(hostname: str) -> None:
    assert options_of(build(hostname=hostname)).address == hostname


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("hostname", "https://filer.example.org"),
        ("hostname", "filer.example.org/api"),
        ("hostname", "user@filer.example.org"),
        ("hostname", "filer:port"),
        ("hostname", "filer:99999"),
        ("hostname", "filer:"),
        ("hostname", "filer exa"),
        ("hostname", "filer..example.org"),
        ("hostname", "a" * 64),
        ("hostname", "[::zz]"),
        ("hostname", "fïler"),
        ("hostname", ""),
        ("vserver", ""),
        ("vserver", "vs*"),
        ("vserver", "vs1|vs2"),
        ("vserver", "a..b"),
        ("vserver", "vs/1"),
        ("username", ""),
        ("username", "user:name"),
        ("password", ""),
        ("ca_file", "/no/such/file"),
        ("ca_file", "/dev/null"),
        ("ca_file", __file__),
        ("verify_tls", "perhaps"),
        ("connect_timeout", "0"),
        ("read_timeout", "81"),
        ("timeout_s", "-1"),
        ("concurrency", "0"),
        ("page_size", "10001"),
        ("version", "nine"),
        ("version", "9.12.1P3"),
        ("caching_policy_writes", "maybe"),
    ],
)
def test_a_bad_option_is_named_and_its_value_is_not(option: str, text: str) -> None:
    with pytest.raises(OptionError) as raised:
        build(**{option: text})
    assert option in str(raised.value)
    if len(text) > 4:
        assert text not in str(raised.value)


def test_the_published_name_of_the_time_out_still_holds() -> None:
    assert options_of(build()).answer_timeout == 30
    assert options_of(build(timeout_s="4")).answer_timeout == 4
    assert options_of(build(read_timeout="5")).answer_timeout == 5
    with pytest.raises(OptionError, match="'read_timeout' and 'timeout_s' are the same"):
        build(read_timeout="5", timeout_s="4")


@pytest.mark.parametrize("missing", ["username", "password", "vserver"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(OptionError, match=f"missing option '{missing}'"):
        from_texts({name: text for name, text in GOOD.items() if name != missing})


def test_a_certificate_stands_in_for_name_and_password(tmp_path: Path) -> None:
    pair = Authority(tmp_path).client("storage-api")
    with_certificate = {
        "client_certificate": str(pair.certificate),
        "client_key": str(pair.key),
    }
    alone = {"vserver": "vs1", **with_certificate}
    storage = from_texts(alone)
    assert options_of(storage).certificate == (str(pair.certificate), str(pair.key))
    with pytest.raises(OptionError, match="either"):
        build(**with_certificate)
    for name, path in with_certificate.items():
        with pytest.raises(OptionError, match="either"):
            from_texts({"vserver": "vs1", name: path})
    other = Authority(tmp_path / "other").client("storage-api")
    with pytest.raises(OptionError, match="fit each other"):
        from_texts(alone | {"client_key": str(other.key)})
    with pytest.raises(OptionError, match="readable"):
        from_texts(alone | {"client_certificate": "/no/such/file"})


def test_nothing_secret_is_in_what_prints() -> None:
    storage = build()
    assert "topsecret" not in repr(storage) + repr(options_of(storage)) + repr(vars(storage))
    assert "topsecret" not in repr(vars(storage._ontap))


def test_every_option_is_documented() -> None:
    page = (ROOT / "docs" / "backends" / "netapp.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert documented == [field.name for field in fields(NetappOptions)]
