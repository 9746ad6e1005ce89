"""Option ``path``: the state is kept, and what is wrong with the file is said."""

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from storage_api.backends.dummy import schema
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.domain.errors import AlreadyExists, BackendMisbehaved, BackendUnavailable
from tests.backends.dummy.processes import forked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dummy.sqlite"


def kept(file: Path) -> DummyStorage:
    return DummyStorage(DummyOptions(file))


@contextmanager
def database(file: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(file, isolation_level=None)
    try:
        yield db
    finally:
        db.close()


def test_the_state_outlives_the_service(file: Path) -> None:
    dummy = kept(file)
    volume = dummy.create_volume("a", {})
    dummy.create_snapshot("a", "s", purge_old_if_needed=False)
    del dummy
    assert [path.name for path in file.parent.iterdir()] == ["dummy.sqlite"]
    again = kept(file)
    assert again.get_volume("a") == volume
    assert [snapshot.name for snapshot in again.list_snapshots("a")] == ["s"]


def test_the_state_outlives_a_kill(file: Path) -> None:
    forked(lambda: kept(file).create_volume("a", {}).name)
    assert [volume.name for volume in kept(file).list_volumes()] == ["a"]


def test_two_services_can_share_a_file(file: Path) -> None:
    one, other = kept(file), kept(file)
    one.create_volume("a", {})
    with pytest.raises(AlreadyExists):
        other.create_volume("a", {})
    assert other.list_volumes() == one.list_volumes()


def test_services_that_make_the_file_at_once_agree(file: Path) -> None:
    made = forked(*(lambda n=n: kept(file).create_volume(f"v{n}", {}).name for n in range(8)))
    assert [volume.name for volume in kept(file).list_volumes()] == made


def test_a_change_is_on_the_disk_when_it_is_answered(file: Path) -> None:
    dummy = kept(file)
    with dummy._store._connections.lend() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("place", ["absent/dummy.sqlite", "file/dummy.sqlite", "."])
def test_a_place_that_cannot_hold_it_is_said(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackendUnavailable, match="option 'path'"):
        kept(tmp_path / place).probe()


def test_another_file_is_refused_and_left_alone(file: Path) -> None:
    file.write_text("precious " * 200)
    with pytest.raises(BackendMisbehaved, match="damaged, or option 'path' names another file"):
        kept(file).create_volume("a", {})
    assert file.read_text() == "precious " * 200


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE precious (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 7"],
)
def test_another_program_s_database_is_refused_and_left_alone(file: Path, statement: str) -> None:
    with database(file) as db:
        db.execute(statement)
    before = file.read_bytes()
    with pytest.raises(BackendMisbehaved, match="another program"):
        kept(file).create_volume("a", {})
    assert file.read_bytes() == before


def test_a_newer_version_s_file_is_refused(file: Path) -> None:
    kept(file).probe()
    with database(file) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(BackendMisbehaved, match="newer version"):
        kept(file).probe()


def test_an_empty_file_is_filled(file: Path) -> None:
    file.touch()
    assert kept(file).create_volume("a", {}).name == "a"


def test_a_damaged_file_is_said(file: Path) -> None:
    dummy = kept(file)
    for number in range(200):
        dummy.create_volume(f"v{number}", {})
    del dummy
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(BackendMisbehaved, match="damaged"):
        kept(file).list_volumes()


@pytest.mark.parametrize("body", ["no json", "[]", '{"unknown": 3}', '{"creation_time": "never"}'])
def test_a_record_that_somebody_spoiled_is_said(file: Path, body: str) -> None:
    dummy = kept(file)
    dummy.create_volume("a", {})
    with database(file) as db:
        # The index on what is inside the record would refuse some of it.
        db.execute("DROP INDEX volume_by_junction_path")
        db.execute("DROP INDEX volume_by_active_policy_name")
        db.execute("UPDATE records SET body = ?", (body,))
    with pytest.raises(BackendMisbehaved, match="record that cannot be read"):
        dummy.get_volume("a")
    with pytest.raises(BackendMisbehaved, match="record that cannot be read"):
        dummy.list_volumes()


def test_a_full_store_refuses_and_loses_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dummy = kept(file)
    connect = partial(schema.connect, file, durable=True)

    def small() -> sqlite3.Connection:
        db = connect()
        db.execute("PRAGMA max_page_count = 40")
        return db

    monkeypatch.setattr(dummy._store._connections, "_connect", small)
    made = []

    def fill() -> None:
        for number in range(10_000):
            made.append(dummy.create_volume(f"v{number:05}", {}))  # noqa: PERF401 - it ends early

    with pytest.raises(BackendUnavailable, match="no space left"):
        fill()
    assert len(made) > 10
    assert dummy.list_volumes() == made
    dummy.restrict_volume("v00000")
    assert dummy.list_volumes() == made[1:]


def test_a_failing_disk_refuses_and_loses_nothing(file: Path) -> None:
    def fill() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        dummy = kept(file)
        made = 0
        try:
            while made < 10_000:
                dummy.create_volume(f"v{made:05}", {})
                made += 1
        except BackendUnavailable:
            assert len(dummy.list_volumes()) == made
        return made

    (made,) = forked(fill)
    assert 10 < made < 10_000
    names = [volume.name for volume in kept(file).list_volumes()]
    assert names == [f"v{number:05}" for number in range(made)]


@pytest.mark.parametrize("replace", [False, True], ids=["removed", "replaced"])
def test_nothing_is_written_to_a_file_that_was_taken_away(file: Path, *, replace: bool) -> None:
    dummy = kept(file)
    dummy.create_volume("a", {})
    if replace:
        shutil.copy(file, file.with_suffix(".copy"))
        file.with_suffix(".copy").rename(file)
    else:
        file.unlink()
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match="removed or replaced"):
            dummy.create_volume("b", {})
        with pytest.raises(BackendUnavailable, match="removed or replaced"):
            dummy.probe()


def test_a_busy_store_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    dummy = kept(file)
    dummy.probe()
    with database(file) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackendUnavailable, match="busy"):
            dummy.create_volume("a", {})
        assert dummy.list_volumes() == []
        db.execute("ROLLBACK")
    dummy.create_volume("a", {})


def test_no_message_tells_the_path(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable) as caught:
        kept(tmp_path / "secret-place" / "dummy.sqlite").probe()
    assert "secret-place" not in str(caught.value)
