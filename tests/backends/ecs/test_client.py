"""What the client makes of a cluster that is busy, slow, cut off, of another release, or lying."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.domain.errors import (
    BackendMisbehaved,
    BackendTimeout,
    BackendUnavailable,
    Invalid,
    NotFound,
    StorageError,
)
from storage_api.domain.models import Quota
from storage_api.transport.context import serving
from tests.backends.ecs.cluster import (
    NAMESPACES,
    ONE_NAMESPACE,
    calls,
    kind_of,
    of_namespace,
    storage_at,
)
from tests.simulators.ecs import EcsSimulator, Settings

NOT_FOUND, REFUSED = (404, "not-found"), (502, "backend-refused")
INVALID, CONFLICT = (400, "invalid"), (409, "conflict")
EXISTS, MISBEHAVED = (409, "already-exists"), (502, "backend-misbehaved")
UNAVAILABLE, TIMEOUT = (503, "backend-unavailable"), (504, "backend-timeout")


def page(names: list[str], marker: str | None = None) -> str:
    return json.dumps(
        {"namespace": [{"id": name, "name": name} for name in names], "NextMarker": marker}
    )


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 1004, NOT_FOUND),
        (404, 2000, NOT_FOUND),
        (404, 1019, NOT_FOUND),
        (400, 2001, NOT_FOUND),
        (400, 1005, INVALID),
        (400, 1008, INVALID),
        (400, 1032, INVALID),
        (400, 40015, INVALID),
        (400, 1013, MISBEHAVED),
        (400, 1015, EXISTS),
        (409, 40008, EXISTS),
        (400, 40008, EXISTS),
        (400, 1020, CONFLICT),
        (400, 1031, CONFLICT),
        (400, 99999, CONFLICT),
        (409, 12345, CONFLICT),
        (403, 3000, REFUSED),
        (403, 1026, REFUSED),
        (403, 1004, REFUSED),
        (500, 7000, UNAVAILABLE),
        (500, 1004, UNAVAILABLE),
        (503, 30026, UNAVAILABLE),
        (503, 6503, UNAVAILABLE),
        (400, 40014, UNAVAILABLE),
        (504, 6000, UNAVAILABLE),
    ],
)
def test_status_and_code_decide_together(
    sim: EcsSimulator, storage: EcsStorage, status: int, code: int, kind: tuple[int, str]
) -> None:
    """ColdFront's plugin takes every error of a client for "does not exist"."""
    sim.faults.add(
        kind="code", path=ONE_NAMESPACE, status=status, code=code, text="0A:1B", times=None
    )
    with pytest.raises(StorageError) as caught:
        storage.get_namespace("physics")
    assert kind_of(caught) == kind
    assert "0A:1B" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, MISBEHAVED),
        (403, REFUSED),
        (404, MISBEHAVED),
        (500, UNAVAILABLE),
        (503, UNAVAILABLE),
        (504, TIMEOUT),
        (200, MISBEHAVED),
    ],
)
def test_a_web_page_is_no_answer_of_ecs(
    sim: EcsSimulator, storage: EcsStorage, status: int, kind: tuple[int, str]
) -> None:
    """A front end that fails answers in HTML, and its 404 does not mean that a thing is gone."""
    sim.faults.add(kind="status", path=ONE_NAMESPACE, status=status, times=None)
    with pytest.raises(StorageError) as caught:
        storage.get_namespace("physics")
    assert kind_of(caught) == kind
    assert "Sorry" not in str(caught.value)


def test_the_words_of_ecs_go_to_the_log_and_only_its_code_to_the_caller(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    """ColdFront's plugin shows its users whole exceptions, with address and answer."""
    sim.faults.add(kind="code", path=NAMESPACES, status=400, code=1057, text="node 10.1.2.3 is ill")
    with capture_logs() as logged, pytest.raises(StorageError) as caught:
        storage.list_namespaces()
    assert "1057" in str(caught.value)
    assert not [word for word in ("10.1.2.3", sim.url, "/object") if word in str(caught.value)]
    (refused,) = [row for row in logged if row["event"] == "ecs-refused"]
    assert (refused["code"], refused["details"]) == (1057, "node 10.1.2.3 is ill")


@pytest.mark.parametrize("call", ["get", "delete", "patch", "usage"])
def test_an_outage_is_never_taken_for_absence(
    sim: EcsSimulator, storage: EcsStorage, call: str
) -> None:
    """ColdFront's plugin makes a namespace anew when it cannot see the one that is there."""
    storage.create_namespace("physics", {})
    sim.faults.add(kind="status", path="*/physics*", status=500, times=None)
    asked: dict[str, Callable[[], object]] = {
        "get": lambda: storage.get_namespace("physics"),
        "delete": lambda: storage.delete_namespace("physics"),
        "patch": lambda: storage.update_namespace("physics", {"admins": ["a"]}),
        "usage": lambda: storage.get_usage(of_namespace("physics")),
    }
    with pytest.raises(BackendUnavailable):
        asked[call]()
    assert sim.namespaces() == ["physics"]


def test_no_more_than_four_calls_are_under_way(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.settings.latency = 0.05
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: storage.list_namespaces(), range(12)))
    assert sim.peak == 4


@pytest.mark.parametrize("kind", ["cut-before", "cut-within"])
def test_a_read_is_repeated(sim: EcsSimulator, storage: EcsStorage, kind: str) -> None:
    storage.create_namespace("physics", {})
    sim.faults.add(kind=kind, path=NAMESPACES, times=2)  # type: ignore[arg-type]
    assert [row.name for row in storage.list_namespaces()] == ["physics"]


def test_a_busy_cluster_is_given_the_time_that_it_asks_for(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    sim.faults.add(kind="code", path=NAMESPACES, status=503, code=30026, retry_after=1)
    assert storage.list_namespaces() == []
    first, second = [one.at for one in sim.requests if one.path == NAMESPACES]
    assert second - first >= 1


def test_a_cluster_that_stays_busy_tells_when_to_come_again(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.probe()
    fault = sim.faults.add(kind="code", method="POST", status=503, code=6503, retry_after=30)
    with pytest.raises(BackendUnavailable) as caught:
        storage.create_namespace("physics", {})
    assert (caught.value.retry_after, fault.hits) == (30, 1)


def test_a_slow_answer_ends_with_the_request_s_time(sim: EcsSimulator) -> None:
    """ColdFront's plugin waits for half a minute at each of several calls in a row."""
    storage = storage_at(sim, read_timeout=0.3)
    storage.probe()
    sim.faults.add(kind="hang", path=NAMESPACES, times=None)
    with pytest.raises(BackendTimeout):
        storage.list_namespaces()


def test_a_write_that_hangs_ends_with_the_request_s_time(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    storage.probe()
    sim.faults.add(kind="hang", method="POST", times=None)
    with serving("r1", seconds=0.5), pytest.raises(BackendTimeout):
        storage.create_namespace("physics", {})


def test_an_endless_answer_is_cut_off(sim: EcsSimulator, storage: EcsStorage) -> None:
    sim.faults.add(
        kind="garbage", path=NAMESPACES, body=b" " * (33 << 20), content_type="application/json"
    )
    with pytest.raises(BackendMisbehaved, match="endless"):
        storage.list_namespaces()


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '"text"',
        "",
        '{"namespace": 7}',
        '{"namespace": [7]}',
        '{"namespace": [{}]}',
        '{"namespace": [{"name": 7}]}',
        '{"namespace": [{"name": "a", "blockSize": "many"}]}',
        '{"namespace": [{"name": "a", "blockSize": NaN}]}',
        '{"namespace": [{"name": "a", "blockSize": true}]}',
        '{"namespace": [{"name": "a", "is_encryption_enabled": "perhaps"}]}',
        "[" * 100_000,
    ],
)
def test_nonsense_is_an_error_and_never_a_value(
    sim: EcsSimulator, storage: EcsStorage, body: str
) -> None:
    sim.faults.add(kind="garbage", path=NAMESPACES, body=body, content_type="application/json")
    with pytest.raises(BackendMisbehaved):
        storage.list_namespaces()


@pytest.mark.parametrize("name", ["a/b", "a?limit=1#", "a&limit=1", "a b", "é", "%2e%2e", "*"])
def test_a_name_stays_one_part_of_the_path(
    sim: EcsSimulator, storage: EcsStorage, name: str
) -> None:
    """ColdFront's plugin's client puts names into URLs as they are."""
    with pytest.raises(NotFound):
        storage.get_namespace(name)
    assert sim.requests[-1].path == f"{NAMESPACES}/namespace/{name}"
    assert sim.requests[-1].query == ""


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_dots_never_reach_the_path(sim: EcsSimulator, storage: EcsStorage, name: str) -> None:
    with pytest.raises(Invalid):
        storage.get_namespace(name)
    assert calls(sim) in ([], ["GET /login"])


def test_answers_are_asked_for_in_json(sim: EcsSimulator, storage: EcsStorage) -> None:
    storage.create_namespace("physics", {"quota": Quota(max_bytes=1 << 30)})
    assert {one.headers["accept"] for one in sim.requests} == {"application/json"}
    written = {one.headers.get("content-type") for one in sim.requests if one.body}
    assert written == {"application/json"}


@pytest.mark.parametrize("release", ["2.x", "3.x", "4.x"])
@pytest.mark.parametrize("stringify", [False, True])
def test_every_release_and_spelling_is_understood(release: str, stringify: bool) -> None:
    settings = Settings(release=release, stringify=stringify)  # type: ignore[arg-type]
    with EcsSimulator(settings=settings) as sim:
        storage = storage_at(sim)
        storage.probe()
        quota = Quota(max_bytes=3 << 30, soft_bytes=2 << 30)
        made, _ = storage.create_namespace("physics", {"quota": quota, "encryption_enabled": True})
        assert (made.quota, made.encryption_enabled, made.replication_group) == (quota, True, "rg1")
        assert [row.name for row in storage.list_namespaces()] == ["physics"]
        assert storage.get_capacity().allocated_bytes == 3 << 30
        assert storage.get_usage(of_namespace("physics")).used_bytes == 0
        storage.delete_namespace("physics")


@pytest.fixture(scope="module")
def crowd() -> Iterator[tuple[EcsSimulator, EcsStorage]]:
    with EcsSimulator() as sim:
        storage = storage_at(sim)
        for number in range(12):
            storage.create_namespace(f"ns{number}", {})
        yield sim, storage


@given(size=st.integers(1, 14))
def test_a_list_is_complete_whatever_its_pages(
    crowd: tuple[EcsSimulator, EcsStorage], size: int
) -> None:
    """ColdFront's plugin reads the first page only."""
    sim, storage = crowd
    sim.settings.page_limit = size
    sim.forget_requests()
    assert {row.name for row in storage.list_namespaces()} == {f"ns{n}" for n in range(12)}
    assert len(sim.requests) == -(-12 // size)


def test_a_marker_that_does_not_change_ends_a_list(sim: EcsSimulator, storage: EcsStorage) -> None:
    for name in ("a", "b"):
        sim.faults.add(
            kind="garbage",
            path=NAMESPACES,
            body=page([name], "same"),
            content_type="application/json",
        )
    assert [row.name for row in storage.list_namespaces()] == ["a", "b"]


def test_a_list_that_goes_round_in_circles_is_an_error(
    sim: EcsSimulator, storage: EcsStorage
) -> None:
    for names, marker in ((["a"], "one"), (["b"], "two"), (["a"], "one")):
        sim.faults.add(
            kind="garbage",
            path=NAMESPACES,
            body=page(names, marker),
            content_type="application/json",
        )
    with pytest.raises(BackendMisbehaved, match="does not come to an end"):
        storage.list_namespaces()
