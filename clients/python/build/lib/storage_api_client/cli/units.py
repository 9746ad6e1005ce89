"""Sizes as people write and read them."""

import re
from decimal import Decimal

_DECIMAL = {name: 1000**power for power, name in enumerate(["B", "kB", "MB", "GB", "TB", "PB"])}
_NAMES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
_BINARY = {name: 1024**power for power, name in enumerate(_NAMES)}
UNITS = {**_DECIMAL, **_BINARY}
_SIZE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,18})?) ?([A-Za-z]*)", re.ASCII)
_LARGEST = 2**63 - 1


def parse_size(text: str) -> int:
    """Bytes.

    Raises:
        ValueError: it is no size, or could mean two; the text says what to write.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size; write 10GiB, 2TB or 512B")
    number, unit = found.groups()
    if unit not in UNITS:
        raise ValueError(_ambiguous(text, number, unit))
    size = Decimal(number) * UNITS[unit]
    if size != int(size):
        raise ValueError(f"{text!r} is no whole number of bytes")
    if size > _LARGEST:
        raise ValueError(f"{text!r} is more than any storage system holds")
    return int(size)


def _ambiguous(text: str, number: str, unit: str) -> str:
    if not unit:
        return f"{text!r} has no unit; write {number}GiB, or {number}B for bytes"
    first = unit[0].upper()
    if f"{first}iB" in UNITS and unit.upper().rstrip("B").rstrip("I") == first:
        decimal = "kB" if first == "K" else f"{first}B"
        return (
            f"{text!r} could mean two sizes; write {number}{first}iB (times 1024) "
            f"or {number}{decimal} (times 1000)"
        )
    return f"{unit!r} is no unit; there are {', '.join(UNITS)}"


def show_size(size: int | None) -> str:
    """Three or four digits and a binary unit; exact where that is short."""
    if size is None:
        return "-"
    power = min(max(abs(size).bit_length() - 1, 0) // 10, len(_NAMES) - 1)
    if power == 0:
        return f"{size} B"
    value = size / 1024**power
    text = f"{value:.0f}" if size % 1024**power == 0 else f"{value:.1f}"
    return f"{text} {_NAMES[power]}"
