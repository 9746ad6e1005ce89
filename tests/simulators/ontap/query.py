"""ONTAP's query language: what ``field=value`` in a URL matches."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from fnmatch import translate

from tests.simulators.ontap.rows import Leaf

Predicate = Callable[[Sequence[Leaf]], bool]
_Test = Callable[[Leaf], bool]

_UNITS = {"": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "PB": 1 << 50}
_SIZE = re.compile(r"(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([KMGTP]B)?", re.IGNORECASE)
_DIGITS = 20
_MEANINGFUL = re.compile(r"[*!<>\"]|\.\.")
_COMPARISONS = (">=", "<=", ">", "<")


def predicate(text: str) -> Predicate:
    """Whether the values of one field match ``text``.

    An unset field has no values, so that nothing but ``null`` matches it ([D], also for
    ``!v``); of an array's values one must match.
    """
    alternatives = [_alternative(part) for part in _split(text)]
    if len(alternatives) == 1:
        return alternatives[0]
    return lambda values: any(matches(values) for matches in alternatives)


def size(text: str) -> int | None:
    """Bytes from digits or from ``1.5GB``, whose units are powers of 1024."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    number, unit = found.group(1), (found.group(2) or "").upper()
    return int(float(number) * _UNITS[unit]) if "." in number else int(number) * _UNITS[unit]


def is_integer(text: str) -> bool:
    """Whether it is a whole number from 0 on, of a length that may be one."""
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


def _split(text: str) -> list[str]:
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == "|" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _alternative(text: str) -> Predicate:
    if text == "null":
        return lambda values: not values
    if text == "!null":
        return bool
    if _is_plain(text):
        # By far the most frequent kind, and quick.
        return lambda values: text in values
    test = _test(text)
    return lambda values: any(map(test, values))


def _is_plain(text: str) -> bool:
    """Whether only the very same text can match: no operator, no number, no truth value."""
    return not (
        _MEANINGFUL.search(text) or size(text) is not None or text.lower() in {"true", "false"}
    )


def _test(text: str) -> _Test:
    if text.startswith("!"):
        refused = _test(text[1:])
        return lambda value: not refused(value)
    for sign in _COMPARISONS:
        if text.startswith(sign):
            return _compared(sign, _bare(text[len(sign) :]))
    if _quoted(text):
        return _equal(_bare(text))
    if ".." in text:
        low, _, high = text.partition("..")
        above = _compared(">=", low) if low else _anything
        below = _compared("<=", high) if high else _anything
        return lambda value: above(value) and below(value)
    if "*" in text:
        pattern = re.compile(translate(text.replace("[", "[[]").replace("?", "[?]")))
        return lambda value: pattern.fullmatch(_text(value)) is not None
    return _equal(text)


def _anything(_: Leaf) -> bool:
    return True


def _equal(text: str) -> _Test:
    number = size(text)

    def test(value: Leaf) -> bool:
        if isinstance(value, str):
            return value == text
        if isinstance(value, bool):
            return _text(value) == text.lower()
        return value == number

    return test


def _compared(sign: str, text: str) -> _Test:
    number, moment = size(text), _moment(text)

    def order(value: Leaf) -> int | None:
        if isinstance(value, str):
            at = _moment(value) if moment else None
            if at is not None and moment is not None:
                return (at > moment) - (at < moment)
            return (value > text) - (value < text)
        return None if number is None else (value > number) - (value < number)

    def test(value: Leaf) -> bool:
        place = order(value)
        if place is None:
            return False
        return (place == 0 and "=" in sign) or place == (1 if sign[0] == ">" else -1)

    return test


def _text(value: Leaf) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == '"'


def _bare(text: str) -> str:
    return text[1:-1] if _quoted(text) else text


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone()
