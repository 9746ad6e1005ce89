"""How a package that is not installed is told of."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage_api.environment import SettingsError


@contextmanager
def needed_for(variable: str, extra: str) -> Iterator[None]:
    """Import inside what only ``extra`` brings.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(
            [f"{variable} is set, but {error.name} is not installed: add the extra '{extra}'"]
        ) from error
