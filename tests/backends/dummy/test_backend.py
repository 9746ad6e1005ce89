"""What ``DummyStorage`` is."""

from pathlib import Path

import pytest

from storage_api.backends.dummy import temporary
from storage_api.backends.dummy.backend import DummyStorage
from storage_api.backends.dummy.settings import DummyOptions
from storage_api.backends.options import OptionError
from storage_api.backends.registry import families_of, load_backend_class
from storage_api.domain.capabilities import Capability
from storage_api.domain.secrets import Secret

#: What a portal allocates needs a portal.
ALLOCATIONS = frozenset({Capability.STORAGE_RESOURCES, Capability.ORDERS})


def test_it_has_every_family_but_allocations() -> None:
    assert load_backend_class("DummyStorage") is DummyStorage
    assert DummyStorage.capabilities == families_of(DummyStorage)
    assert DummyStorage.capabilities == frozenset(Capability) - ALLOCATIONS


def test_it_needs_no_option() -> None:
    DummyStorage.from_options({}).probe()


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(OptionError, match="option number 1 is unknown"):
        DummyStorage.from_options({"size": Secret("3")})


def test_building_one_that_is_kept_touches_no_file(tmp_path: Path) -> None:
    dummy = DummyStorage.from_options({"path": Secret(str(tmp_path / "dummy.sqlite"))})
    assert list(tmp_path.iterdir()) == []
    dummy.probe()
    assert (tmp_path / "dummy.sqlite").exists()


def test_without_a_place_for_the_store_the_mistake_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "_base", lambda: tmp_path / "absent")
    with pytest.raises(OptionError, match="give option 'path'"):
        DummyStorage(DummyOptions())
