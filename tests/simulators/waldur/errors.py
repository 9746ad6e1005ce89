"""Refusals, in the words of a real server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Refusal(Exception):
    """An answer other than 2xx: ``status`` and its JSON ``body``."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def no_credentials() -> Refusal:
    return Refusal(401, {"detail": "Authentication credentials were not provided."})


def bad_token() -> Refusal:
    return Refusal(401, {"detail": "Invalid token."})


def forbidden() -> Refusal:
    return Refusal(403, {"detail": "You do not have permission to perform this action."})


def unseen(noun: str) -> Refusal:
    """Absent or invisible: a caller cannot tell which."""
    return Refusal(404, {"detail": f"No {noun} matches the given query."})


def wrong_state(valid: Iterable[str]) -> Refusal:
    return Refusal(409, {"detail": f"Valid states for operation: {', '.join(valid)}."})


def not_allowed(method: str) -> Refusal:
    return Refusal(405, {"detail": f'Method "{method}" not allowed.'})


def invalid(**fields: Any) -> Refusal:
    return Refusal(400, fields)


def crash() -> Refusal:
    """What is a bug of the real server too."""
    return Refusal(500, "<h1>Server Error (500)</h1>")
