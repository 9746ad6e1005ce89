"""A string that cannot print itself."""

from typing import NoReturn


class Secret:
    """Holds a secret; only ``reveal()`` gives it out.

    ``str``, ``repr``, formatting and logging show ``***``. It is deliberately no
    ``str`` subclass (f-strings and JSON encoders would print it) and refuses
    pickling, so that it cannot leave the process by accident.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")
