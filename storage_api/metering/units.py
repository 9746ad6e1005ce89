"""Byte-seconds to GB-days and the like. Decimal, never a float."""

from decimal import ROUND_HALF_UP, Context, Decimal

from storage_api.domain.errors import Invalid

#: Bytes of each unit.
UNITS = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("kMGTP", start=1)},
    **{f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGTP", start=1)},
}
DEFAULT_UNIT = "GB"

_DAY_SECONDS = 86_400
#: So many decimal places that a kilobyte for a day is not lost in GB-days.
_PLACES = Decimal("0.000001")
#: Exact for every sum that 64-bit sizes can make in ten thousand years.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def checked_unit(text: str | None) -> str:
    """Raises ``Invalid`` for a unit that there is not; nobody guesses between GB and GiB."""
    if text is None:
        return DEFAULT_UNIT
    if text not in UNITS:
        raise Invalid(f"'unit' must be one of {', '.join(UNITS)}.")
    return text


def unit_days(byte_seconds: int, unit: str) -> str:
    """``byte_seconds`` in ``unit`` times days, rounded half-up once."""
    return _quotient(byte_seconds, UNITS[unit] * _DAY_SECONDS)


def days(seconds: int) -> str:
    """Something counted, times seconds, as times days."""
    return _quotient(seconds, _DAY_SECONDS)


def _quotient(amount: int, divisor: int) -> str:
    """The division itself must not round, or a half could look like less."""
    scale = 10 ** -int(_PLACES.as_tuple().exponent)
    whole, rest = divmod(amount * scale, divisor)
    rounded = whole + (2 * rest >= divisor)
    return str(_EXACT.divide(Decimal(rounded), Decimal(scale)).quantize(_PLACES, context=_EXACT))
