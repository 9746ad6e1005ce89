"""Where ``sapi login`` keeps a token: in the keyring, or in a file of its owner alone.

One token for each address. The keyring is used where the package ``keyring`` is installed.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from storage_api_client.errors import ConfigurationError

_SERVICE = "storage-api"


def find(url: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """What is kept for ``url``, as an argument of a ``Client``; nothing if nothing is."""
    path = file_of(url, environ)
    if path is not None and path.exists():
        return {"token_file": path}
    token = _from_keyring(url)
    return {"token": token} if token else {}


def file_of(url: str, environ: Mapping[str, str]) -> Path | None:
    """The token's file, which need not exist; ``None`` for who has no home."""
    base = environ.get("XDG_CONFIG_HOME")
    home = environ.get("HOME")
    if not base and not home:
        return None
    folder = Path(base) if base else Path(str(home)) / ".config"
    return folder / "storage-api" / "tokens" / quote(url, safe="")


def keep_in_file(path: Path, token: str) -> None:
    """Write it so that nobody else can ever read it, and nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)  # which gives it mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{token}\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def keep_in_keyring(url: str, token: str) -> None:
    """Raises ``ConfigurationError`` where there is no keyring that works."""
    try:
        import keyring  # noqa: PLC0415  # optional
        import keyring.errors  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(
            "the package keyring is not installed: pip install storage-api-client[keyring]"
        ) from None
    try:
        keyring.set_password(_SERVICE, url, token)
    except keyring.errors.KeyringError:
        raise ConfigurationError("there is no keyring here that works") from None


def forget(url: str, environ: Mapping[str, str]) -> bool:
    """Remove what is kept for ``url``, wherever it is; whether there was anything.

    Raises:
        ConfigurationError: the keyring cannot be asked, so that it may hold one.
    """
    had_file = forget_file(url, environ)
    try:
        import keyring  # noqa: PLC0415  # optional
        import keyring.errors  # noqa: PLC0415
    except ImportError:
        return had_file
    try:
        if not keyring.get_password(_SERVICE, url):
            return had_file
        keyring.delete_password(_SERVICE, url)
    except keyring.errors.NoKeyringError:
        return had_file
    except keyring.errors.KeyringError:
        raise ConfigurationError("the keyring is locked or broken; it may hold a token") from None
    return True


def forget_file(url: str, environ: Mapping[str, str]) -> bool:
    """Remove the token's file, which goes before the keyring; whether there was one."""
    path = file_of(url, environ)
    if path is None or not path.exists():
        return False
    path.unlink(missing_ok=True)
    return True


def _from_keyring(url: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415  # optional
        import keyring.errors  # noqa: PLC0415
    except ImportError:
        return None
    try:
        token: str | None = keyring.get_password(_SERVICE, url)
    except keyring.errors.KeyringError:
        return None
    return token
