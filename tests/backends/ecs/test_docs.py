"""The page for operators names every option, with its default, and its example starts."""

import dataclasses
import re

from storage_api.backends.ecs.backend import EcsStorage
from storage_api.backends.ecs.settings import EcsOptions
from storage_api.domain.secrets import Secret
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "backends" / "ecs.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|", PAGE.split("## The account")[0], re.MULTILINE
)


def test_every_option_is_in_the_table_with_its_default() -> None:
    told = {name: default for names, default in ROWS for name in re.findall(r"`(\w+)`", names)}
    fields = {field.name: field for field in dataclasses.fields(EcsOptions)}
    assert told.keys() == fields.keys()
    for name, field in fields.items():
        assert told[name] in _spellings(field.default)


def test_the_example_is_one_that_starts() -> None:
    example = next(line for line in PAGE.splitlines() if line.startswith("ecs🌈"))
    _, class_name, *parts = example.split("🌈")
    options = dict(zip(parts[::2], parts[1::2], strict=True))
    assert class_name == EcsStorage.__name__
    del options["password_file"]
    given = {name: Secret(text) for name, text in (options | {"password": "x"}).items()}
    assert EcsStorage.from_options(given)._options.origin == "https://ecs.example.org:4443"


def _spellings(default: object) -> set[str]:
    if default is dataclasses.MISSING:
        return {"required"}
    if default is None:
        return {"none", "system's"}
    return {f"`{default:g}`" if isinstance(default, float) else f"`{default}`".lower()}
