"""Fixtures for the tests of the HTTP layer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api import foreign


@pytest.fixture
def foreign_backends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes the classes of ``foreign`` known through an entry point."""
    foreign.install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    foreign.released.clear()
    yield
    foreign.released.set()
