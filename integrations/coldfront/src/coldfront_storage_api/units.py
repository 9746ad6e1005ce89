"""Sizes of ColdFront's attributes in bytes, and back. A type's name holds its unit."""

import re
from decimal import Decimal

from coldfront_storage_api.failures import Refused

_UNIT = re.compile(r"\(([KMGTP])(i?)B\)\s*$|_In_Bytes$", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_TEBIBYTE = 2**40
#: Back-ends round limits up to these: bytes, KiB, blocks of 4 KiB, MiB, GiB.
_GRAINS = (1, 2**10, 2**12, 2**20, 2**30)
#: What the API takes as a size.
_MOST = 2**63 - 1


def unit_bytes(attribute: str, tb_bytes: int) -> int:
    """The bytes that one of the attribute's unit means.

    ``tb_bytes`` says how decimal units are meant: 10^12 as written, 2^40 as binary ones.

    Raises:
        Refused: the name tells no unit.
    """
    found = _UNIT.search(attribute)
    if found is None:
        raise Refused(f"The attribute {attribute!r} does not end in a unit such as (TB).")
    if found[1] is None:
        return 1
    binary = found[2] or tb_bytes == _TEBIBYTE
    return int((1024 if binary else 1000) ** _POWERS[found[1].upper()])


def to_bytes(value: object, attribute: str, tb_bytes: int) -> int:
    """The size that an attribute's value means, in whole bytes, at least one.

    Raises:
        Refused: it is no size.
    """
    unit = unit_bytes(attribute, tb_bytes)
    try:
        size = Decimal(str(value).strip()) * unit
    except ArithmeticError:
        size = Decimal(0)
    if not size.is_finite() or not 1 <= size <= _MOST:
        raise Refused(f"The attribute {attribute!r} holds no size that can be set.")
    return int(size)


def from_bytes(size: int, unit: int) -> float:
    return size / unit


def fits(held: int | None, wanted: int) -> bool:
    """Whether a back-end that was asked for ``wanted`` would show ``held``."""
    return held is not None and any(-(-wanted // grain) * grain == held for grain in _GRAINS)
