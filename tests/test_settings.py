"""The configuration: what boots, and what is refused with which words."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage_api.domain.secrets import Secret
from storage_api.environment import RESERVED_ENDPOINTS, SettingsError
from storage_api.settings import BACKEND_SEPARATOR, OPTION_SEPARATOR, load_settings
from tests.api.callers import call
from tests.servers import ROOT, environment, service

PUBLISHED = (
    "dummy🌈DummyStorage🦄netapp🌈NetappStorage🌈username🌈storage-api"
    "🌈password🌈myPassword:@;🌈vserver🌈vs3sx50"
)
NETAPP = "f🌈NetappStorage🌈username🌈u🌈vserver🌈hidden-value"
RADOSGW = "r🌈RadosgwStorage"

REFUSED = [
    ("", "SAPI_BACKENDS is not set"),
    ("dummy", "class name is missing"),
    ("dummy🌈", "class name is missing"),
    ("dummy🌈hidden-value", "unknown back-end class (known: "),
    ("dummy🌈DummyStorage🦄", "ill-formed endpoint"),
    ("🦄dummy🌈DummyStorage", "ill-formed endpoint"),
    ("dummy🌈DummyStorage🦄dummy🌈DummyStorage", "'dummy' is used twice"),
    ("hidden-value!🌈DummyStorage", "ill-formed endpoint"),
    ("hidden value🌈DummyStorage", "ill-formed endpoint"),
    ("../x🌈DummyStorage", "ill-formed endpoint"),
    ("dummy🌈DummyStorage🌈odd", "has no value"),
    ("dummy🌈DummyStorage🌈no-such🌈hidden-value", "ill-formed option name"),
    ("dummy🌈DummyStorage🌈hidden_value🌈password", "option number 1 is unknown (known: "),
    (NETAPP, "missing option 'password'"),
    (f"{NETAPP}🌈password🌈p🌈password🌈hidden-value", "'password' is given twice"),
    (f"{NETAPP}🌈password_file🌈/hidden-value/absent", "'password_file' cannot be read"),
    (f"{NETAPP}🌈password🌈p🌈password_file🌈/dev/null", "'password' is given twice"),
    *((f"{name}🌈DummyStorage", "belongs to the service itself") for name in RESERVED_ENDPOINTS),
]


def start(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a WSGI server sees when it imports the service."""
    return subprocess.run(
        [sys.executable, "-c", "import storage_api.wsgi"],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_published_example_boots() -> None:
    app = service({"SAPI_BACKENDS": PUBLISHED})
    assert call(app, "GET", "/conf/subsystems").get_json() == ["dummy", "netapp"]
    options = load_settings({"SAPI_BACKENDS": PUBLISHED, "FLASK_DEBUG": "1"}).backends[1].options
    assert options["password"] == Secret("myPassword:@;")


def test_the_published_example_boots_under_a_wsgi_server() -> None:
    oauth = {"SAPI_OAUTH_CLIENT_ID": "id", "SAPI_OAUTH_SECRET_KEY": "secret"}
    done = start({"SAPI_BACKENDS": PUBLISHED, **oauth})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("backends", "words"), REFUSED)
def test_a_mistake_is_named_and_no_value(backends: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        service({"SAPI_BACKENDS": backends})
    assert words in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ["SAPI_BACKENDS is not set", "SAPI_OAUTH_CLIENT_ID", "SAPI_OAUTH_SECRET_KEY"]),
        (
            {"SAPI_BACKENDS": "a🌈NoSuch🌈x🌈hidden-value🦄b🌈DummyStorage", "FLASK_DEBUG": "1"},
            ["SAPI_BACKENDS, a: unknown back-end class"],
        ),
        (
            {"SAPI_BACKENDS": "f🌈NetappStorage🌈hidden_value🌈p", "FLASK_DEBUG": "1"},
            ["SAPI_BACKENDS, f: ", "option number 1 is unknown", "missing option 'vserver'"],
        ),
    ],
)
def test_a_wrong_configuration_ends_the_process(settings: dict[str, str], words: list[str]) -> None:
    done = start(settings)
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr
    assert "hidden" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            {
                "SAPI_BACKENDS": "login🌈DummyStorage🦄!🦄x",
                "SAPI_LOG_LEVEL": "LOUD",
                "BASIC_AUTH_USERNAME": "lonely",
                "SAPI_ROLE_ADMIN_GROUPS": '"unclosed',
            }
        )
    assert len(caught.value.mistakes) == 8


@pytest.mark.parametrize("missing", ["SAPI_OAUTH_CLIENT_ID", "SAPI_OAUTH_SECRET_KEY"])
def test_outside_debug_single_sign_on_is_needed(missing: str) -> None:
    settings = {
        "SAPI_BACKENDS": "dummy🌈DummyStorage",
        "SAPI_OAUTH_CLIENT_ID": "id",
        "SAPI_OAUTH_SECRET_KEY": "secret",
    }
    assert load_settings(settings).oauth is not None
    with pytest.raises(SettingsError, match=missing):
        load_settings({**settings, missing: ""})
    debug = {"FLASK_DEBUG": "1", "SAPI_ALLOW_DEBUG_LOGIN": "1"}
    assert load_settings({**settings, missing: "", **debug}).oauth is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAPI_OAUTH_METADATA_URL", "provider.example"),
        ("SAPI_OAUTH_TOKEN_URL", "http://[hidden"),
        ("SAPI_OAUTH_GROUPS_URL", "https://host:hidden/"),
        ("SAPI_OAUTH_CALLBACK_URL_RELATIVE", "oauth-done"),
        ("SAPI_OAUTH_CALLBACK_URL_RELATIVE", "//hidden/x"),
        ("SAPI_OAUTH_CALLBACK_URL_RELATIVE", "/<path:hidden>"),
        ("SAPI_OAUTH_CALLBACK_URL_RELATIVE", "/login"),
        ("SAPI_OAUTH_CALLBACK_URL_RELATIVE", "/v3/hidden"),
        ("SAPI_OAUTH_CA_FILE", "/hidden/file"),
        ("SAPI_REDIS_URL", "http://:hidden@127.0.0.1"),
        ("SAPI_REDIS_URL", "redis://:hidden@[x"),
        ("SAPI_REDIS_URL", "redis://:hidden@127.0.0.1/storage"),
        ("SAPI_REDIS_URL", "redis://:hidden@127.0.0.1/0?no_such_option=1"),
        ("SAPI_REDIS_URL", "redis://:hidden@127.0.0.1/0?socket_timeout=soon"),
        ("SAPI_PROXIES", "hidden"),
        ("SAPI_PROXIES", "-1"),
        ("SAPI_PROXIES", "10"),
        ("SAPI_SECRET_KEY_FALLBACKS", '"hidden'),
    ],
)
def test_mistakes_of_signing_on_are_named(name: str, value: str) -> None:
    settings = {
        "SAPI_BACKENDS": "dummy🌈DummyStorage",
        "SAPI_OAUTH_CLIENT_ID": "id",
        "SAPI_OAUTH_SECRET_KEY": "secret",
    }
    with pytest.raises(SettingsError) as caught:
        load_settings({**settings, name: value})
    assert len(caught.value.mistakes) == 1
    assert name in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "0", "false", "No", "FALSE"])
def test_debug_is_off_unless_it_is_on(value: str) -> None:
    with pytest.raises(SettingsError):
        load_settings({"SAPI_BACKENDS": "dummy🌈DummyStorage", "FLASK_DEBUG": value})


@pytest.mark.parametrize("content", ["pass:🌈🦄wörd", "pass\n", "pass\r\n", "  pass  ", "pass\n\n"])
def test_an_option_can_come_from_a_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content.encode())
    app = service({"SAPI_BACKENDS": f"{NETAPP}🌈password_file🌈{path}"})
    assert call(app, "GET", "/conf/subsystems").get_json() == ["f"]


_SEPARATORS = BACKEND_SEPARATOR + OPTION_SEPARATOR
_TEXT = st.text(st.characters(exclude_characters=_SEPARATORS, exclude_categories=["Cs"]))
_ENDPOINTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", fullmatch=True).filter(
    lambda name: name not in RESERVED_ENDPOINTS
)
_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True)
_BACKENDS = st.lists(
    st.tuples(_ENDPOINTS, _TEXT.filter(bool), st.dictionaries(_NAMES, _TEXT, max_size=4)),
    min_size=1,
    max_size=4,
    unique_by=lambda backend: backend[0],
)


@given(_BACKENDS)
def test_values_are_taken_as_they_are(backends: list[tuple[str, str, dict[str, str]]]) -> None:
    entries = [
        OPTION_SEPARATOR.join([endpoint, kind, *itertools.chain(*options.items())])
        for endpoint, kind, options in backends
    ]
    text = BACKEND_SEPARATOR.join(entries)
    read = load_settings({"SAPI_BACKENDS": text, "FLASK_DEBUG": "1"}).backends
    assert [
        (entry.endpoint, entry.class_name, {k: v.reveal() for k, v in entry.options.items()})
        for entry in read
    ] == backends


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        load_settings({"SAPI_BACKENDS": text, "FLASK_DEBUG": "1"})
    except SettingsError as error:
        assert error.mistakes  # noqa: PT017  # either outcome is fine


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
        .map(str.strip)
        .filter(bool),
        unique=True,
    )
)
def test_groups_may_hold_commas_and_quotes(groups: list[str]) -> None:
    quoted = ",".join('"' + group.replace('"', '""') + '"' for group in groups)
    settings = {"SAPI_BACKENDS": "d🌈DummyStorage", "FLASK_DEBUG": "1"}
    read = load_settings({**settings, "SAPI_ROLE_ADMIN_GROUPS": quoted})
    assert read.roles.admin == tuple(groups)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("", ()),
        (",,", ()),
        ("a", ("a",)),
        (" a , b ,a", ("a", "b")),
        ('"a,b", c', ("a,b", "c")),
        ('"say ""hi"""', ('say "hi"',)),
    ],
)
def test_groups_are_comma_separated(text: str, groups: tuple[str, ...]) -> None:
    settings = {"SAPI_BACKENDS": "d🌈DummyStorage", "FLASK_DEBUG": "1"}
    assert load_settings({**settings, "SAPI_ROLE_USER_GROUPS": text}).roles.user == groups
