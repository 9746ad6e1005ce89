"""Every setting and every option is documented, and nothing is that there is not."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from storage_api.backends.registry import BUILTIN, load_backend_class
from tests.docs.pages import DOCS, codes, rows, section, text_of
from tests.servers import ROOT

CONFIGURE = text_of(DOCS / "configure.md")
_SETTING = re.compile(r"(?:SAPI|BASIC_AUTH|FLASK)_[A-Z_]+")


def settings_read() -> set[str]:
    """What the settings' modules read of the environment."""
    modules = (ROOT / "storage_api").glob("settings*.py")
    source = "".join(text_of(module) for module in modules)
    return set(re.findall(rf'"({_SETTING.pattern})"', source))


def settings_in(text: str) -> set[str]:
    """Those in the first column of its tables."""
    found = {name for row in rows(text) for name in codes(row[0])}
    return {name for name in found if _SETTING.fullmatch(name)}


def options_of(name: str) -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(load_backend_class(name).Options)}


def page_of(name: str) -> str:
    return text_of(DOCS / "backends" / f"{name.removesuffix('Storage').lower()}.md")


def test_the_guide_has_every_setting_and_no_other() -> None:
    assert settings_in(CONFIGURE) | {"SAPI_BACKENDS"} == settings_read()


def test_the_guide_has_what_watches_from_outside() -> None:
    pattern = r"(?:SENTRY|OTEL|PROMETHEUS)_[A-Z_]+"
    source = "".join(text_of(module) for module in (ROOT / "storage_api").rglob("*.py"))
    told = {name for row in rows(CONFIGURE) for name in codes(row[0])}
    assert {name for name in told if re.fullmatch(pattern, name)} == set(
        re.findall(rf'"({pattern})"', source)
    )


def test_the_readme_has_every_setting_and_no_other() -> None:
    readme = text_of(ROOT / "README.md")
    assert settings_in(section(readme, "Configuration")) == settings_read()


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_no_page_names_a_setting_that_there_is_not(page: Path) -> None:
    known = settings_read()
    # Programs that stand in front have variables of their own.
    for deployed in (ROOT / "deploy").rglob("*.cfg"):
        known |= set(re.findall(r"\$\{(SAPI_[A-Z_]+)", text_of(deployed)))
    assert set(re.findall(r"\bSAPI_[A-Z_]*[A-Z]\b", text_of(page))) <= known


def test_defaults_are_those_of_the_source() -> None:
    source = text_of(ROOT / "storage_api" / "settings_oauth.py")
    for row in rows(section(CONFIGURE, "Signing on")):
        if row[1].startswith("`http"):
            assert f'"{row[1].strip("`")}"' in source, row[0]


def test_uwsgi_s_variables_are_those_of_its_file() -> None:
    ini = text_of(ROOT / "uwsgi.ini")
    for row in rows(section(CONFIGURE, "Running")):
        for name in codes(row[0]):
            if name.startswith("UWSGI_") and not row[1].startswith("unset"):
                default = row[1].strip("`")
                assert re.search(rf"if-not-env = {name}\n\S+ = {re.escape(default)}\n", ini), name


@pytest.mark.parametrize("name", BUILTIN)
def test_the_guide_lists_a_class_with_all_of_its_options(name: str) -> None:
    _, must, may = next(row for row in rows(CONFIGURE) if row[0].startswith(f"[`{name}`]"))
    options = options_of(name)
    required = {key for key, field in options.items() if _is_required(field)}
    # `development_mode` is where its absence makes others required.
    assert required <= set(codes(must)) <= set(options)
    assert set(codes(must)) | set(codes(may)) == set(options)


@pytest.mark.parametrize("name", BUILTIN)
def test_the_page_of_a_class_has_all_of_its_options(name: str) -> None:
    described = {
        key: row for row in rows(section(page_of(name), "Options")) for key in codes(row[0])
    }
    options = options_of(name)
    assert set(described) == set(options)
    for key, field in options.items():
        default = described[key][1]
        if _is_required(field):
            assert default == "required", key
        elif literal := re.fullmatch(r"`([^`]*)`", default):
            assert _is_default(literal[1], name, key, field), key


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _is_default(shown: str, name: str, key: str, field: dataclasses.Field[Any]) -> bool:
    value = field.default
    if value is None:
        # It is another option's value, or one that the class fills in itself.
        return shown in options_of(name) or shown in text_of_settings(name)
    if isinstance(value, bool):
        return shown == str(value).lower()
    return float(shown) == value if isinstance(value, int | float) else shown == value


def text_of_settings(name: str) -> str:
    module = load_backend_class(name).Options.__module__.replace(".", "/")
    return text_of(ROOT / f"{module}.py")
