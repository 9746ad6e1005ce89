"""Clones: what a request may say about one, and what is left when something goes wrong."""

from typing import Any

import pytest

from storage_api.backends.netapp.backend import NetappStorage
from storage_api.domain.errors import (
    AlreadyExists,
    BackendTimeout,
    BackendUnavailable,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    StorageError,
)
from storage_api.domain.models import Volume
from storage_api.transport.context import serving
from tests.backends.netapp.filer import ONE_VOLUME, VOLUMES, kind_of, sent
from tests.simulators.ontap import OntapSimulator

GIB = 1 << 30


@pytest.fixture
def sim(sim: OntapSimulator) -> OntapSimulator:
    sim.add_policy("special", ["10.0.0.1"])
    sim.add_volume("vol", size=2 * GIB, reserve=0, compression="both")
    sim.add_snapshot("vol", "s")
    return sim


def clone(storage: NetappStorage, url: str = "copy", /, **fields: Any) -> Volume:
    return storage.clone_volume(url, "vol", "s", fields)  # type: ignore[arg-type]


def names(sim: OntapSimulator) -> list[str]:
    return [volume.name for volume in sim.volumes()]


class TestName:
    def test_path_and_name_come_from_the_request(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        made = clone(storage, junction_path="/copies/one")
        assert (made.name, made.junction_path) == ("copy", "/copies/one")
        assert sim.volume("copy").path == "/copies/one"

    def test_the_url_may_hold_the_path_and_the_body_the_name(self, storage: NetappStorage) -> None:
        made = clone(storage, "node:/copies/one", name="copy")
        assert (made.name, made.junction_path) == ("copy", "/copies/one")

    def test_the_source_may_be_named_by_its_path(self, storage: NetappStorage) -> None:
        assert storage.clone_volume("copy", "node:/vol", "s", {}).name == "copy"

    def test_without_a_path_it_is_not_mounted(self, storage: NetappStorage) -> None:
        assert clone(storage).junction_path is None

    @pytest.mark.parametrize(
        ("url", "fields"),
        [
            ("with-dash", {}),
            ("1st", {}),
            ("x" * 204, {}),
            ("node:/copies/one", {}),
            ("node:/copies/one", {"name": "copy", "junction_path": "/elsewhere"}),
            ("copy", {"junction_path": "/a//b"}),
            ("copy", {"junction_path": "/a..b"}),
        ],
    )
    def test_what_ontap_would_not_take_is_not_sent(
        self, sim: OntapSimulator, storage: NetappStorage, url: str, fields: dict[str, Any]
    ) -> None:
        with pytest.raises(Invalid):
            clone(storage, url, **fields)
        assert sent(sim, "POST") == []

    def test_a_path_in_use_is_refused(self, sim: OntapSimulator, storage: NetappStorage) -> None:
        with pytest.raises(StorageError) as caught:
            clone(storage, junction_path="/vol")
        assert caught.value.status in {400, 409}
        assert names(sim) == ["vol"]


class TestSettings:
    def test_they_are_the_parent_s_unless_asked_for(self, storage: NetappStorage) -> None:
        parent, made = storage.get_volume("vol"), clone(storage)
        for key in ("size_total", "aggregate_name", "active_policy_name", "compression_enabled"):
            assert getattr(made, key) == getattr(parent, key)

    def test_what_is_asked_for_is_set(self, sim: OntapSimulator, storage: NetappStorage) -> None:
        before = storage.get_volume("vol")
        wanted = {
            "size_total": 5 * GIB,
            "active_policy_name": "special",
            "autosize_enabled": True,
            "max_autosize": 7 * GIB,
            "compression_enabled": False,
            "inline_compression": False,
            "aggregate_name": before.aggregate_name,
        }
        made = clone(storage, **wanted)
        assert {key: getattr(made, key) for key in wanted} == wanted
        assert len(sent(sim, "POST")) == len(sent(sim, "PATCH")) == 1
        assert storage.get_volume("vol") == before

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"aggregate_name": "aggr2"}, "aggregate of its parent"),
            ({"active_policy_name": "absent"}, "no export policy"),
            ({"max_autosize": GIB, "autosize_enabled": True}, "max_autosize"),
            ({"compression_enabled": False, "inline_compression": True}, "inline_compression"),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_made(
        self, sim: OntapSimulator, storage: NetappStorage, fields: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(Invalid, match=words):
            clone(storage, **fields)
        assert names(sim) == ["vol"]
        assert sent(sim, "POST") == []

    def test_so_is_a_caching_policy_that_cannot_be_written(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        with pytest.raises(NotSupported):
            clone(storage, caching_policy="auto")
        assert names(sim) == ["vol"]

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (918271, (400, "invalid")),
            (6, (502, "backend-refused")),
            (4242, (502, "backend-misbehaved")),
        ],
    )
    def test_a_clone_that_cannot_be_set_is_reported(
        self, sim: OntapSimulator, storage: NetappStorage, code: int, kind: tuple[int, str]
    ) -> None:
        sim.faults.add(method="PATCH", path=ONE_VOLUME, kind="code", code=code)
        with pytest.raises(StorageError, match="The clone 'copy' is made, but") as caught:
            clone(storage, size_total=5 * GIB)
        assert kind_of(caught) == kind
        assert storage.get_volume("copy").size_total == 2 * GIB
        assert storage.update_volume("copy", {"size_total": 5 * GIB}).size_total == 5 * GIB


class TestSource:
    def test_an_absent_one_is_found_out_before_anything_is_sent(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        for source, snapshot in (("absent", "s"), ("vol", "absent")):
            with pytest.raises(NotFound, match="absent"):
                storage.clone_volume("copy", source, snapshot, {})
        assert sent(sim, "POST") == []

    def test_its_snapshot_stays_while_the_clone_is_there(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        clone(storage)
        clone(storage, "another")
        with pytest.raises(Conflict, match=r"in use: volume_clone \(another, copy\)\."):
            storage.delete_snapshot("vol", "s")
        with pytest.raises(NotFound):
            storage.get_snapshot("copy", "s")


class TestLostAnswer:
    @pytest.mark.parametrize("kind", ["cut-after", "cut-within", "truncate", "garbage"])
    def test_a_clone_that_was_made_is_found_and_set(
        self, sim: OntapSimulator, storage: NetappStorage, kind: str
    ) -> None:
        sim.faults.add(method="POST", path=VOLUMES, kind=kind)  # type: ignore[arg-type]
        assert clone(storage, size_total=5 * GIB).size_total == 5 * GIB
        assert len(sent(sim, "POST")) == 1

    def test_one_that_was_not_is_not_claimed(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.faults.add(method="POST", path=VOLUMES, kind="cut-before")
        with pytest.raises(BackendUnavailable, match="may exist"):
            clone(storage)
        assert names(sim) == ["vol"]
        assert clone(storage).name == "copy"

    def test_another_s_volume_is_not_claimed(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.add_volume("copy", comment="storage-api of somebody else")
        sim.faults.add(method="POST", path=VOLUMES, kind="cut-before")
        with pytest.raises(AlreadyExists):
            clone(storage, size_total=5 * GIB)
        assert sim.volume("copy").size == GIB

    def test_work_that_outlives_the_request_says_so(
        self, sim: OntapSimulator, storage: NetappStorage
    ) -> None:
        sim.settings.job_seconds = 30.0
        with serving("r", seconds=1.5), pytest.raises(BackendTimeout, match="may still land"):
            clone(storage)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (524601, (404, "not-found")),
        (524819, (502, "backend-misbehaved")),
        (524597, (502, "backend-misbehaved")),
        (918243, (400, "invalid")),
        (918236, (400, "invalid")),
        (918247, (400, "invalid")),
        (918252, (400, "invalid")),
        (917526, (409, "already-exists")),
        (917533, (409, "conflict")),
        (1638600, (404, "not-found")),
        (6, (502, "backend-refused")),
        (918701, (501, "not-supported")),
    ],
)
@pytest.mark.parametrize("in_a_job", [False, True], ids=["at-once", "in-a-job"])
def test_why_none_is_made(
    sim: OntapSimulator,
    storage: NetappStorage,
    code: int,
    kind: tuple[int, str],
    in_a_job: bool,
) -> None:
    if in_a_job:
        sim.settings.job_seconds = 0.1
        sim.fail_next_job(code, "some words")
    else:
        sim.faults.add(method="POST", path=VOLUMES, kind="code", code=code)
    with pytest.raises(StorageError) as caught:
        clone(storage)
    assert kind_of(caught) == kind
    assert names(sim) == ["vol"]


def test_no_space_is_told_as_such(sim: OntapSimulator, storage: NetappStorage) -> None:
    sim.faults.add(
        method="POST", path=VOLUMES, kind="code", code=917536, text="Not enough space in aggr1"
    )
    with pytest.raises(StorageError) as caught:
        clone(storage)
    assert kind_of(caught) == (507, "backend-full")
