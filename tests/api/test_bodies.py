"""Wrong values in bodies: refused with a reason, and nothing changed."""

import json
from typing import Any

import pytest

from storage_api.domain.units import GIB
from tests.conformance.client import InProcess
from tests.conformance.target import lasting
from tests.servers import service

_HUGE = 10**40
_NOT_A_SIZE: list[Any] = [-1, 2**63, _HUGE, 1.0, 1.5, True, "1", "1T", None, [], {}, "💾"]
_NOT_A_BOOLEAN: list[Any] = [0, 1, "true", "", None, [], {}]
_NOT_A_TEXT: list[Any] = [0, True, 1.5, [], {}, ["a"]]
_TOO_MANY_TAGS = {str(number): "v" for number in range(11)}

VOLUME = "/v3/dummy/volumes/vol"
USER = "/v3/dummy/users/alice"
BUCKET = "/v3/dummy/buckets/bucket"

WRONG: dict[str, dict[str, list[Any]]] = {
    VOLUME: {
        "size_total": _NOT_A_SIZE,
        "max_autosize": _NOT_A_SIZE,
        "percentage_snapshot_reserve": [-1, 91, 1.5, True, "5", None],
        "autosize_enabled": _NOT_A_BOOLEAN,
        "compression_enabled": _NOT_A_BOOLEAN,
        "inline_compression": _NOT_A_BOOLEAN,
        "active_policy_name": [*_NOT_A_TEXT, None, "", "x" * 257],
        "caching_policy": [*_NOT_A_TEXT, None, "", "x" * 65],
    },
    USER: {
        "display_name": [*_NOT_A_TEXT, None, "", "x" * 256],
        "email": [*_NOT_A_TEXT, "", "no-at", "a@b@c", "a b@c", "a@b\n", "\x00@b", "a@" + "b" * 300],
        "suspended": _NOT_A_BOOLEAN,
        "max_buckets": [-1, 2**31, _HUGE, 1.0, True, "1", [], {}],
        "bucket_quota": [1, True, "1", [], None, {"max_bytes": -1}, {"max_objects": 1.5}],
    },
    BUCKET: {
        "owner": [*_NOT_A_TEXT, None, "", "x" * 129, "../alice", "a b", "a\x00"],
        "versioning": [*_NOT_A_TEXT, None, "", "ENABLED", "maybe"],
        "tags": [1, "a", [], None, {"a": 1}, {"a": None}, {"a": "x" * 257}, _TOO_MANY_TAGS],
    },
}
NEEDED: dict[str, dict[str, Any]] = {
    VOLUME: {"size_total": GIB},
    USER: {},
    BUCKET: {"owner": "alice"},
}
CREATE_ONLY: dict[str, list[Any]] = {
    "object_lock": _NOT_A_BOOLEAN,
    "placement": [*_NOT_A_TEXT, None, "", "a b", "a\n", "a\r\nX-Evil: 1", "x" * 129],
    "storage_class": [*_NOT_A_TEXT, None, "", "a b", "COLD\n", "COLD\r\nX-Evil: 1", "x" * 65],
    "filesystem_enabled": _NOT_A_BOOLEAN,
    "encryption_enabled": _NOT_A_BOOLEAN,
    "quota": [1, [], None, {"max_bytes": -1}, {"max_bytes": 1.0}, {"colour": 1}],
}
CASES = [
    pytest.param(path, key, value, id=f"{path.split('/')[3]}-{key}-{str(value)[:20]!r}")
    for path, keys in WRONG.items()
    for key, values in keys.items()
    for value in values
]


@pytest.fixture(scope="module")
def api() -> InProcess:
    caller = InProcess(service())
    caller.post(VOLUME, {"size_total": GIB}).expect(201)
    caller.post(USER, {"display_name": "Alice"}).expect(201)
    caller.post(BUCKET, {"owner": "alice"}).expect(201)
    return caller


@pytest.mark.parametrize(("path", "key", "value"), CASES)
def test_a_wrong_value_is_refused_by_name(api: InProcess, path: str, key: str, value: Any) -> None:
    before = lasting(api.get(path).expect(200))
    refused = api.patch(path, {key: value}).expect(400)
    assert key in refused["detail"] or "name" in refused["detail"]
    assert len(refused["detail"]) < 1000
    assert lasting(api.get(path).expect(200)) == before


@pytest.mark.parametrize(("path", "key", "value"), CASES)
def test_nothing_is_created_with_a_wrong_value(
    api: InProcess, path: str, key: str, value: Any
) -> None:
    other = f"{path}2"
    api.post(other, {**NEEDED[path], key: value}).expect(400)
    api.get(other).expect(404)


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in CREATE_ONLY.items() for value in values]
)
def test_no_bucket_is_created_with_a_wrong_setting(api: InProcess, key: str, value: Any) -> None:
    path = "/v3/dummy/buckets/other"
    refused = api.post(path, {"owner": "alice", key: value}).expect(400)
    assert key in refused["detail"]
    api.get(path).expect(404)


@pytest.mark.parametrize(
    "value", ["relative", "/", "/a b", "/a\n", "/a/", "//x\x00", "/" + "x" * 1100, 1, None, ""]
)
def test_a_junction_path_is_a_path(api: InProcess, value: Any) -> None:
    path = "/v3/dummy/volumes/mounted"
    api.post(path, {"size_total": GIB, "junction_path": value}).expect(400)
    api.get(path).expect(404)


@pytest.mark.parametrize("rules", ["10.0.0.1", [1], [None], ["a b"], ["\x00"], ["-x"], [""], {}])
def test_rules_are_client_matches(api: InProcess, rules: Any) -> None:
    api.post("/v3/dummy/export/odd", {"rules": rules}).expect(400)
    api.get("/v3/dummy/export/odd").expect(404)


@pytest.mark.parametrize("value", [0, 1, "yes", None, [], {}])
def test_purge_old_if_needed_is_a_boolean(api: InProcess, value: Any) -> None:
    path = f"{VOLUME}/snapshots/s"
    api.post(path, {"purge_old_if_needed": value}).expect(400)
    api.get(path).expect(404)


def test_a_bucket_needs_an_owner(api: InProcess) -> None:
    refused = api.post("/v3/dummy/buckets/ownerless", {}).expect(400)
    assert "owner" in refused["detail"]


def test_a_reason_repeats_no_endless_key_or_value(api: InProcess) -> None:
    for body in ({"k" * 100_000: 1}, {"tags": {"k" * 100_000: 1}}, {"display_name": "v" * 100_000}):
        for path in (USER, BUCKET):
            refused = api.patch(path, body).expect(400)
            assert len(json.dumps(refused)) < 3000


def test_text_with_any_character_is_kept_as_it_is(api: InProcess) -> None:
    for text in ("Zoë & Co <b>", "💾" * 10, "a+b/c=&d%20", "'; DROP TABLE users; --", "\u202e"):
        api.patch(USER, {"display_name": text}).expect(200)
        assert api.get(USER).expect(200)["display_name"] == text
    api.patch(USER, {"display_name": "Alice"}).expect(200)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/ctrl", {"display_name": "Ali\x00ce"}),
        ("users/ctrl", {"display_name": "Ali\nce"}),
        ("namespaces/ctrl", {"labels": {"a\x1b": "b"}}),
        ("namespaces/ctrl", {"labels": {"a": "b\x7f"}}),
    ],
)
def test_control_characters_are_refused(api: InProcess, path: str, body: dict[str, Any]) -> None:
    answer = api.post(f"/v3/dummy/{path}", body)
    assert "control characters" in answer.expect(400)["detail"]
    api.get(f"/v3/dummy/{path}").expect(404)


def test_a_quota_is_not_removed_by_an_empty_body(api: InProcess) -> None:
    path = f"{BUCKET}/quota"
    before = api.put(path, {"max_bytes": GIB}).expect(200)
    refused = api.request("PUT", path).expect(400)
    assert "body" in refused["detail"]
    assert api.get(path).expect(200) == before


@pytest.mark.parametrize("body", [{"expires": "2030-01-01"}, [], "x"])
def test_a_body_where_none_is_taken_is_not_ignored(api: InProcess, body: Any) -> None:
    path = f"{USER}/keys"
    before = api.get(path).expect(200)
    api.post(path, body).expect(400)
    assert api.get(path).expect(200) == before


def test_a_chunked_body_that_the_server_does_not_hand_on_is_refused(api: InProcess) -> None:
    path = "/v3/dummy/volumes/chunked"
    headers = {"Transfer-Encoding": "chunked"}
    api.request("POST", path, headers=headers).expect(411)
    api.get(path).expect(404)
