"""The names of accounts: ``{prefix}{organization}{separator}{project}{separator}{uuid8}``.

``uuid8`` are the first digits of the resource's UUID. They stand at the end and are never
cut, so whatever is cut or rewritten before them, two resources meet only if these agree,
and then the stamps differ.
"""

import re
import unicodedata
from dataclasses import dataclass

from storage_api.domain import names
from storage_api.domain.errors import Invalid

_DIGITS = 8
_EMPTY = "default"
_LEGAL = re.compile(r"[A-Za-z0-9_.@-]*")
_LONGEST_SEPARATOR = 16
#: Latin letters that Unicode does not take apart.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th"}
    | {"ł": "l", "\u0131": "i", "ħ": "h", "ŋ": "n", "ŧ": "t", "ĸ": "k"}
)
#: Modifier letters are none of these: they are signs, an apostrophe for instance.
_READABLE = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"})


@dataclass(frozen=True)
class Naming:
    """How names are made. Raises ``ValueError`` where no legal name could come of it."""

    prefix: str = ""
    separator: str = "_"
    max_length: int = 64

    def __post_init__(self) -> None:
        if not _LEGAL.fullmatch(self.separator) or len(self.separator) > _LONGEST_SEPARATOR:
            raise ValueError(
                "option 'slug_separator' must have at most "
                f"{_LONGEST_SEPARATOR} of A-Z a-z 0-9 _ . @ -"
            )
        if not _LEGAL.fullmatch(self.prefix):
            raise ValueError("the prefix of users' names must be of A-Z a-z 0-9 _ . @ -")
        if self.room < 2:  # noqa: PLR2004  # a character each
            raise ValueError(
                "option 'max_username_length' leaves no room for organization and project beside "
                f"the prefix, two separators and {_DIGITS} digits"
            )

    @property
    def room(self) -> int:
        """Characters for organization and project together."""
        return self.max_length - len(self.prefix) - 2 * len(self.separator) - _DIGITS


def derived_name(naming: Naming, organization: str, project: str, resource_uuid: str) -> str:
    """The name of a resource's account; where it is too long, both parts are cut.

    Raises:
        Invalid: a part has letters or digits that are not Latin.
    """
    parts = [_cleaned("organization", organization), _cleaned("project", project)]
    end = digits(resource_uuid)[:_DIGITS]
    if sum(map(len, parts)) > naming.room:
        half = naming.room // 2
        parts = [parts[0][:half].rstrip("_"), parts[1][: naming.room - half].rstrip("_")]
    return names.USER.check(naming.prefix + naming.separator.join([*parts, end]))


def digits(resource_uuid: str) -> str:
    """A UUID's 32 hexadecimal digits in lower case.

    Raises:
        Invalid: it is none.
    """
    found = resource_uuid.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{32}", found):
        raise Invalid("'resource_uuid' must be a UUID.")
    return found


def _cleaned(what: str, text: str) -> str:
    """In small letters, accents dropped, with one ``_`` for all that is no letter or digit."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    if any(not char.isascii() and unicodedata.category(char) in _READABLE for char in bare):
        raise Invalid(
            f"No name can be made of {what!r}, which has letters that are not Latin; "
            "give a Latin short name, or 'uid'."
        )
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_") or _EMPTY
