"""Sizes are bytes everywhere; vendors' units are converted at the edge, never in between."""

KIB = 1024
GIB = 1024**3
TIB = 1024**4

#: The largest size that any of our vendors can store (a signed 64-bit integer).
MAX_BYTES = 2**63 - 1


def ceil_div(value: int, step: int) -> int:
    """``value`` in units of ``step``, rounded up so that no limit shrinks on the way."""
    return -(-value // step)


def readable(size: int | None) -> str:
    """``size`` for people, in binary units and to three digits; the exact figure is elsewhere."""
    if size is None:
        return "unknown"
    amount, units = float(size), iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = next(units)
    for larger in units:
        if abs(amount) < 999.5:  # noqa: PLR2004  # would round to a thousand
            break
        amount, unit = amount / KIB, larger
    digits = 0 if unit == "B" else max(0, 3 - len(str(int(abs(amount)))))
    return f"{amount:.{digits}f} {unit}"
