"""The guides, as tests read them."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.servers import ROOT

DOCS = ROOT / "docs"
#: Everything that people read: the guides, and what lies beside the code.
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])

_CODE = re.compile(r"`([^`]+)`")
_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def title(path: Path) -> str:
    """What a failing test is named after."""
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below ``## heading``."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The rows of all tables, without their heads."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith("|") and not set(line) <= set("|- :") and not below.startswith("|--"):
            yield cells


def codes(text: str) -> list[str]:
    """What stands between back-ticks."""
    return _CODE.findall(text)


def fences(text: str, language: str) -> list[str]:
    return [body for found, body in _FENCE.findall(text) if found == language]


def without_fences(text: str) -> str:
    return _FENCE.sub("", text)
