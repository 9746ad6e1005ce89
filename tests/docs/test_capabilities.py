"""What the guides say that each back-end can do is what its class declares."""

import re

import pytest

from storage_api.backends.registry import BUILTIN, families_of, load_backend_class
from storage_api.domain.capabilities import Capability, HolderKind
from tests.docs.pages import DOCS, codes, rows, text_of

INDEX = text_of(DOCS / "backends" / "index.md")
_LETTERS = {"B": HolderKind.BUCKET, "U": HolderKind.USER, "N": HolderKind.NAMESPACE}


def page_name(name: str) -> str:
    return f"{name.removesuffix('Storage').lower()}.md"


def columns() -> list[str]:
    """The pages that the table's columns lead to."""
    head = next(line for line in INDEX.splitlines() if line.startswith("| family |"))
    return re.findall(r"\((\w+\.md)\)", head)


def test_the_table_has_every_class_and_every_family() -> None:
    assert sorted(columns()) == sorted(page_name(name) for name in BUILTIN)
    assert [codes(row[0])[0] for row in rows(INDEX)] == list(Capability)


@pytest.mark.parametrize("name", BUILTIN)
def test_a_column_is_what_the_class_declares(name: str) -> None:
    loaded = load_backend_class(name)
    place = columns().index(page_name(name)) + 1
    for row in rows(INDEX):
        family, cell = Capability(codes(row[0])[0]), row[place]
        assert (cell != "-") == (family in families_of(loaded)), family
        if cell not in {"-", "yes"}:
            holders = getattr(loaded, f"{family}_holders")
            assert {_LETTERS[letter] for letter in cell.split()} == holders, family


@pytest.mark.parametrize("name", BUILTIN)
def test_the_page_of_a_class_names_its_families(name: str) -> None:
    page = text_of(DOCS / "backends" / page_name(name))
    found = re.search(r"^Families: ([^.;]*)[.;]", page, flags=re.MULTILINE)
    assert found
    named = re.sub(r"\([^)]*\)", "", found[1]).lower().split(",")
    assert {part.strip() for part in named} == set(families_of(load_backend_class(name)))
