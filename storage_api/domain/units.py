"""Sizes are bytes everywhere; vendors' units are converted at the edge, never in between."""

KIB = 1024
GIB = 1024**3
TIB = 1024**4

#: The largest size that any of our vendors can store (a signed 64-bit integer).
MAX_BYTES = 2**63 - 1


def ceil_div(value: int, step: int) -> int:
    """``value`` in units of ``step``, rounded up so that no limit shrinks on the way."""
    return -(-value // step)
