"""The reconciler as somebody who may not give directories away."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage_api.domain.errors import BackendUnavailable
from tests.backends.cscs.reconcile.lab import is_root
from tests.backends.cscs.reconcile.test_crashes import WANTED, driver

NOBODY = 65534


@pytest.fixture
def humble_root() -> Iterator[Path]:
    """A root directory of somebody without privileges, who we are meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        if not is_root():
            yield Path(folder)
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_what_cannot_get_its_group_is_not_called_provided(humble_root: Path) -> None:
    foreign = next(number for number in range(1, 999) if number not in os.getgroups())
    with pytest.raises(BackendUnavailable, match="not permitted"):
        driver(humble_root).provide(replace(WANTED, gid=foreign), new=True)
    made = humble_root / WANTED.path.lstrip("/")
    assert made.stat().st_mode & 0o777 == 0o700
