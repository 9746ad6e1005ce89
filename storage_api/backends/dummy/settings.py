"""What an operator may set for ``DummyStorage``."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DummyOptions:
    """``path``: the file that keeps the state; without it the state ends with the service."""

    path: Path | None = None
    allow_purge: bool = True
