"""A ``DummyStorage`` for each test."""

from pathlib import Path

import pytest

from storage_api.backends.dummy import temporary
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions


@pytest.fixture
def dummy() -> DummyStorage:
    return DummyStorage(DummyOptions())


@pytest.fixture
def shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary stores go: a place that no other service on this machine sweeps."""
    place = tmp_path / "shm"
    place.mkdir()
    monkeypatch.setattr(temporary, "_SHARED_MEMORY", place)
    return place
