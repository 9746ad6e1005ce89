"""What was done, in the order in which it was done: JSON lines that survive a crash.

The journal is for people who ask afterwards. Nothing is decided by it: what is done already
is seen in Waldur and on the storage system.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path


class Journal:
    """Appends to ``file``; several processes may share it."""

    def __init__(self, file: Path) -> None:
        """Raise ``OSError`` if nothing can be appended."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._handle = os.open(file, flags, 0o600)

    def record(self, step: str, **facts: object) -> None:
        """One line, on disk when this returns."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "step": step, **facts}
        text = json.dumps(line, separators=(",", ":"), default=str) + "\n"
        # In one call, so that lines of two processes never mix.
        os.write(self._handle, text.encode())
        os.fsync(self._handle)

    def close(self) -> None:
        os.close(self._handle)
