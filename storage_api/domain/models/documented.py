"""Puts a field's description, example and limits beside it."""

from dataclasses import field
from typing import Any

from storage_api.domain.units import MAX_BYTES, TIB


def described(text: str, *, example: object = None, default: Any = None, **limits: object) -> Any:
    """A dataclass field with its documentation; ``limits`` are JSON Schema keywords."""
    metadata = {"description": text, "example": example, "limits": limits}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def about(text: str, *, example: object, **limits: object) -> dict[str, Any]:
    """The same documentation for a key that belongs to no record."""
    return {"description": text, "example": example, "limits": limits}


def size(text: str, *, example: object = TIB, default: Any = None) -> Any:
    """A field in bytes."""
    return described(text, example=example, default=default, minimum=0, maximum=MAX_BYTES)
