"""Links lead somewhere, and what is named exists."""

import re
from pathlib import Path
from typing import Any

import certifi
import pytest

from storage_api.backends.registry import BUILTIN
from storage_api.cli import main
from storage_api.settings import load_settings
from tests.docs.pages import DOCS, PAGES, text_of, title, without_fences
from tests.servers import ROOT, service

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href)=\"([^\"]+)\"")
_ENTRY = re.compile(r"[A-Za-z0-9_-]+🌈[A-Za-z]+Storage(?:🌈[^🌈🦄'\"`\n]+)*(?:🦄[^'\"`\n]+)?")
#: What `make html` puts beside the guides.
_MADE = {"reference/index.html", "swagger.json", "openapi.json"}


def slug(heading: str) -> str:
    """As GitHub and Sphinx name a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def headings(path: Path) -> set[str]:
    return {slug(line) for line in re.findall(r"^#+ (.+)$", text_of(path), flags=re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for found in _LINK.finditer(without_fences(text_of(page))):
        link = found[1] or found[2]
        if link.startswith(("http://", "https://", "mailto:")) or link in _MADE:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            assert fragment in headings(target), link


def test_every_guide_is_in_the_table_of_contents() -> None:
    entries = set(re.findall(r"^([a-z/-]+)$", text_of(DOCS / "index.md"), flags=re.MULTILINE))
    guides = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")}
    # The pages of the back-ends are in the table of their own index.
    assert entries == {name for name in guides - {"index"} if not _is_backend(name)}


def _is_backend(name: str) -> bool:
    return name.startswith("backends/") and name != "backends/index"


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z._-]+):.*## ", text_of(ROOT / "Makefile"), flags=re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z][a-z._-]*)", text_of(page), flags=re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_module_and_file_of_ours_exists(page: Path) -> None:
    text = text_of(page)
    for path in re.findall(
        r"`((?:storage_api|tests|tools|docs|benchmarks|deploy)/[\w./-]+)`", text
    ):
        # The page on adding a back-end names those that its reader will make.
        assert (ROOT / path).exists() or "nimbus" in path, path
    for module in re.findall(r"python -m (storage_api[\w.]*)", text):
        assert (ROOT / module.replace(".", "/")).exists() or (
            ROOT / f"{module.replace('.', '/')}.py"
        ).exists(), module


def _names_in_coldfront() -> set[str]:
    """Its attributes and commands begin with the same words."""
    modules = list((ROOT / "integrations/coldfront/src").rglob("*.py"))
    texts = [text_of(module) for module in modules] + [module.stem for module in modules]
    return set(re.findall(r"\bstorage_api_[a-z_]+\b", "\n".join(texts)))


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_metric_exists(page: Path) -> None:
    source = "".join(text_of(module) for module in (ROOT / "storage_api/metrics").glob("*.py"))
    known = set(re.findall(r'"(storage_api_[a-z_]+)"', source)) | _names_in_coldfront()
    for name in re.findall(r"\bstorage_api_[a-z]+_[a-z_]+\b", text_of(page)):
        assert name in known or re.sub(r"_(bucket|count|sum)$", "", name) in known, name


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_command_exists(page: Path) -> None:
    named = re.findall(r"(?:^|`)storage-api ([a-z][a-z-]*)", text_of(page), flags=re.MULTILINE)
    assert set(named) <= set(main.commands)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_configuration_that_is_shown_starts(page: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    for entry in _ENTRY.findall(text_of(page)):
        if "…" not in entry and "Nimbus" not in entry:
            service({"SAPI_BACKENDS": _with_files(entry, secret)})


def _with_files(entry: str, secret: Path) -> str:
    """A file that exists in the place of each secret's, and some certificates."""
    text = re.sub(r"(_file🌈)/[^🌈🦄]+", rf"\g<1>{secret}", entry)
    text = re.sub(r"(ca_file🌈)[^🌈🦄]+", rf"\g<1>{certifi.where()}", text)
    return re.sub(r"/var/lib/storage-api", str(secret.parent), text)


def test_the_published_example_still_starts() -> None:
    """That of v3, which docs/upgrade.md promises to take as it is."""
    entry = (
        "dummy🌈DummyStorage🦄netapp🌈NetappStorage🌈username🌈storage-api🌈password"
        "🌈myPassword:@;🌈vserver🌈vs3sx50"
    )
    settings: Any = load_settings({"SAPI_BACKENDS": entry, "FLASK_DEBUG": "1"})
    assert [one.class_name for one in settings.backends] == ["DummyStorage", "NetappStorage"]
    assert {one.class_name for one in settings.backends} <= set(BUILTIN)
