"""The options that an operator sets."""

import re
from dataclasses import fields

import pytest
from flask import Flask

from storage_api.backends.options import OptionError
from storage_api.backends.radosgw.backend import RadosgwStorage
from storage_api.backends.radosgw.settings import RadosgwOptions
from storage_api.backends.s3 import S3Key
from storage_api.domain.errors import BackendUnavailable
from storage_api.domain.secrets import Secret
from tests.servers import ROOT

GOOD = {"endpoint": "https://rgw.example.org", "admin_access_key": "AK", "admin_secret_key": "SK"}


def build(**options: str) -> RadosgwStorage:
    raw = GOOD | options
    return RadosgwStorage.from_options({name: Secret(text) for name, text in raw.items()})


@pytest.mark.parametrize(
    "endpoint",
    ["http://rgw", "https://rgw.example.org:8443", "http://127.0.0.1:80", "http://[::1]"],
)
def test_an_address_is_enough_to_begin(endpoint: str) -> None:
    storage = build(endpoint=endpoint)
    assert storage.default_namespace is None


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("endpoint", "rgw.example.org"),
        ("endpoint", "ftp://rgw.example.org"),
        ("endpoint", "https://"),
        ("endpoint", "https://rgw.example.org/"),
        ("endpoint", "https://rgw.example.org/s3"),
        ("endpoint", "https://user:pass-word@rgw.example.org"),
        ("endpoint", "https://rgw.example.org?a=b"),
        ("endpoint", "https://rgw.example.org#"),
        ("endpoint", "https://rgw.example.org:port"),
        ("endpoint", "https://rgw exa"),
        ("endpoint", "https://rgw..example.org"),
        ("endpoint", "https://" + "a" * 64),
        ("endpoint", "https://rgw_1"),
        ("ca_file", "/no/such/file"),
        ("ca_file", "/dev/null"),
        ("ca_file", "/usr"),
        ("ca_file", __file__),
        ("admin_path", "a/b"),
        ("admin_path", ".."),
        ("admin_path", ""),
        ("region", "eu west"),
        ("default_namespace", "with-hyphen"),
        ("uid_prefix", "a$"),
        ("admin_secret_key", ""),
        ("concurrency", "0"),
        ("read_timeout", "0"),
        ("verify_tls", "perhaps"),
    ],
)
def test_a_bad_option_is_named_and_its_value_is_not(option: str, text: str) -> None:
    with pytest.raises(OptionError) as raised:
        build(**{option: text})
    assert option in str(raised.value)
    if len(text) > 3:
        assert text not in str(raised.value)


def test_nothing_secret_is_in_what_prints() -> None:
    storage = build(admin_secret_key="topsecret")
    assert "topsecret" not in repr(storage) + repr(storage._options) + repr(vars(storage))


def test_two_gateways_are_told_apart() -> None:
    for endpoint in ("ceph-a", "ceph-b"):
        storage = build(endpoint="http://127.0.0.1:9")
        storage.init_app(Flask(__name__), endpoint)
        seen = storage._s3.bucket(S3Key("AK", Secret("SK")), "any")
        for call in (storage.probe, seen.versioning):
            with pytest.raises(BackendUnavailable, match=rf"^{endpoint} \(RadosGW\) cannot"):
                call()


def test_every_option_is_documented_with_its_default() -> None:
    page = (ROOT / "docs" / "backends" / "radosgw.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(documented) == sorted(field.name for field in fields(RadosgwOptions))
