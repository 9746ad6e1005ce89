"""XML as ECS reads and writes it: elements and text, no attributes."""

from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.parsers import expat

from tests.simulators.ecs.errors import bad_body


@dataclass
class Element:
    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def named(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]


def parse(body: bytes) -> Element:
    """The root element.

    Raises:
        EcsError: 1013, it is no XML, or has a document type.
    """
    top = Element("")
    stack = [top]
    parser = expat.ParserCreate()

    def start(name: str, _: dict[str, str]) -> None:
        child = Element(name.rpartition(":")[2])
        stack[-1].children.append(child)
        stack.append(child)

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: object) -> None:
        raise bad_body("A document type is not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise bad_body(f"Not XML: {error}") from None
    return top.children[0]


def write(root: str, document: Any) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (head + _element(root, document)).encode("utf-8", "replace")


def _element(name: str, value: Any) -> str:
    """A list is its element once for each item; what is None is left out."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{_content(value)}</{name}>"


def _content(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(_element(name, inner) for name, inner in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value), quote=False)
