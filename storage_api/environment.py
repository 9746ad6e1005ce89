"""How single variables of the environment are read; no mistake repeats a value."""

import csv
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from storage_api.domain.secrets import Secret

#: First path segments that belong to the service itself.
RESERVED_ENDPOINTS = frozenset(
    {
        *("api", "conf", "health", "jobs", "login", "login_basic", "logout", "metrics", "overview"),
        *("replicas", "static", "storage-resources", "swaggerui", "usage", "v3"),
    }
)


class SettingsError(ValueError):
    """Everything that is wrong with the environment, one mistake a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def secret_of(environ: Mapping[str, str], name: str) -> Secret | None:
    value = environ.get(name)
    return Secret(value) if value else None


def file_of(environ: Mapping[str, str], name: str, mistakes: list[str]) -> str | None:
    path = environ.get(name) or None
    if path and not Path(path).is_file():
        mistakes.append(f"{name} must be the path of a file")
    return path


def url_of(environ: Mapping[str, str], name: str, default: str, mistakes: list[str]) -> str:
    url = environ.get(name) or default
    if not is_url(url, {"http", "https"}):
        mistakes.append(f"{name} must be an http or https URL")
    return url


def is_url(url: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname)


def list_of(environ: Mapping[str, str], name: str, mistakes: list[str]) -> tuple[str, ...]:
    """Comma-separated, with CSV quoting for names that contain a comma."""
    try:
        rows = list(csv.reader([environ.get(name, "")], skipinitialspace=True, strict=True))
    except csv.Error:
        mistakes.append(f"{name} is no comma-separated list")
        return ()
    return tuple(dict.fromkeys(cell.strip() for row in rows for cell in row if cell.strip()))
