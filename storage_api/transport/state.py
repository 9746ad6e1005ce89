"""Where on this host the service keeps what must outlive a process."""

import os
import tempfile
from pathlib import Path


def state_directory(configured: Path | None) -> Path:
    """The configured directory, or a private one of this user among the temporary files.

    The same for every process of this user on this host; made on first use.

    Raises:
        PermissionError: somebody else has taken its place.
        OSError: there is no place for it.
    """
    if configured is not None:
        return configured
    path = Path(tempfile.gettempdir()) / f"storage-api-state-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to somebody else")
    return path
