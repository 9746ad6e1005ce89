"""What `storage-api check-config` says about good, risky and wrong environments."""

import os
from pathlib import Path

import pytest

from tests.cli.command import PRODUCTION, run

_CEPH = "ceph🌈RadosgwStorage🌈endpoint🌈{}🌈admin_access_key🌈a🌈admin_secret_key🌈s3cret-key"
SAFE = _CEPH.format("https://rgw.example.org")


@pytest.fixture
def sound(tmp_path: Path) -> dict[str, str]:
    """A configuration that several replicas can share."""
    return PRODUCTION | {
        "SAPI_BACKENDS": SAFE,
        "SAPI_STATE_DIRECTORY": str(tmp_path),
        "SAPI_REDIS_URL": "rediss://:s3cret-redis@redis.example.org/0",
        "SAPI_DATABASE_URL": "postgresql://storage:s3cret-database@db.example.org/storage",
    }


def test_a_sound_configuration_ends_with_zero(sound: dict[str, str]) -> None:
    ended = run("check-config", "--replicas", "3", **sound)
    assert (ended.code, ended.errors) == (0, "")
    assert ended.output == "The service would start, with the back-ends ceph.\n"


_PORTAL = "🌈".join(
    [
        *("cscs", "CscsStorage", "development_mode", "true", "storage_systems", "lustre=a"),
        *("waldur_api_url", "https://waldur.example.org/api/", "waldur_api_token", "s3cret"),
        *("hpc_user_api_url", "https://gids.example.org", "hpc_user_client_id", "storage-api"),
        *("hpc_user_client_secret", "s3cret"),
        *("hpc_user_oidc_token_url", "http://sso.example.org/token"),
    ]
)
_UNVERIFIED = f"{_CEPH.format('http://rgw.example.org')}🌈verify_tls🌈false"


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        (
            {
                "SAPI_BACKENDS": f"{_UNVERIFIED}🦄d🌈DummyStorage",
                "SAPI_OAUTH_TOKEN_URL": "http://sso.example.org/token",
                "SAPI_REDIS_URL": "",
                "SAPI_ROLE_ADMIN_GROUPS": "",
                "SAPI_STATE_DIRECTORY": "",
            },
            [
                "SAPI_ROLE_ADMIN_GROUPS is empty",
                "the identity provider is reached without TLS",
                "SAPI_REDIS_URL is not set",
                "SAPI_STATE_DIRECTORY is not set",
                "SAPI_BACKENDS, ceph: the storage system's certificate",
                "SAPI_BACKENDS, ceph: option 'endpoint' is an address",
                "SAPI_BACKENDS, d: DummyStorage stores nothing real, and forgets",
            ],
        ),
        (
            {"SAPI_OAUTH_METADATA_URL": "HTTP://sso.example.org/.well-known/openid-configuration"},
            ["the identity provider is reached without TLS"],
        ),
        (
            {"SAPI_OAUTH_GROUPS_URL": "http://sso.example.org/groups"},
            ["the identity provider is reached without TLS"],
        ),
        (
            {"SAPI_BACKENDS": _PORTAL},
            [
                "SAPI_BACKENDS, cscs: option 'hpc_user_oidc_token_url' is an address",
                "SAPI_BACKENDS, cscs: option 'development_mode' is for development",
            ],
        ),
        ({"FLASK_DEBUG": "1", "SAPI_ALLOW_DEBUG_LOGIN": "1"}, ["FLASK_DEBUG is set"]),
        ({"SAPI_DATABASE_URL": "sqlite:////s3cret"}, ["SAPI_DATABASE_URL is no PostgreSQL"]),
    ],
    ids=["much", "OpenID", "groups", "portal", "debug", "SQLite"],
)
def test_what_is_risky_is_said_and_ends_with_one(
    sound: dict[str, str], changes: dict[str, str], warnings: list[str]
) -> None:
    ended = run("check-config", "--replicas", "2", **(sound | changes))
    assert ended.code == 1, ended.errors
    *said, summary = ended.output.splitlines()
    assert summary.startswith("The service would start")
    assert len(said) == len(warnings)
    for line, warning in zip(said, warnings, strict=True):
        assert line.startswith(f"warning: {warning}")


def test_one_replica_needs_neither_redis_nor_postgresql(sound: dict[str, str]) -> None:
    changes = {"SAPI_REDIS_URL": "", "SAPI_DATABASE_URL": ""}
    assert run("check-config", **(sound | changes)).code == 0


def test_a_state_directory_that_is_not_ours_is_risky(sound: dict[str, str], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    # Root, too, without the right to go beyond permissions.
    plain = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if not os.geteuid() else []
    ended = run("check-config", before=plain, **(sound | {"SAPI_REDIS_URL": ""}))
    assert ended.code == 1
    assert "warning: SAPI_STATE_DIRECTORY cannot be written to" in ended.output
    assert run("check-config", before=plain, **sound).code == 0


def test_every_mistake_is_named_at_once_and_ends_with_two(sound: dict[str, str]) -> None:
    broken = f"{SAFE}🌈concurrency🌈s3cret🦄dummy🌈NoSuchStorage🦄ceph🌈DummyStorage"
    changes = {
        "SAPI_BACKENDS": broken,
        "SAPI_OAUTH_SECRET_KEY": "",
        "SAPI_REDIS_URL": "http://s3cret",
        "SAPI_LOG_LEVEL": "s3cret",
    }
    ended = run("check-config", **(sound | changes))
    assert (ended.code, ended.output) == (2, "")
    for mistake in (
        "SAPI_BACKENDS: endpoint 'ceph' is used twice",
        "SAPI_BACKENDS, ceph: option 'concurrency' must be a whole number",
        "SAPI_BACKENDS, dummy: unknown back-end class",
        "SAPI_OAUTH_SECRET_KEY is not set",
        "SAPI_REDIS_URL must be",
        "SAPI_LOG_LEVEL must be",
    ):
        assert mistake in ended.errors, mistake


def test_an_unreadable_file_of_an_option_is_a_mistake(tmp_path: Path) -> None:
    entry = SAFE.replace("admin_secret_key🌈s3cret-key", f"admin_secret_key_file🌈{tmp_path}/none")
    ended = run("check-config", SAPI_BACKENDS=entry)
    assert ended.code == 2
    assert "the file of option 'admin_secret_key_file' cannot be read" in ended.errors
