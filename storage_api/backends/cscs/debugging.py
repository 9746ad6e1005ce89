"""The debug document: what an operator needs to understand a list, without any secret."""

import re
from collections.abc import Mapping
from typing import Any

_SECRET = re.compile(r"secret|token|password|passwd|credential|api_?key|private", re.IGNORECASE)
#: An address may carry a name and a password.
_IN_URL = re.compile(r"(?<=://)[^/@\s]*@")


def without_secrets(value: Any) -> Any:
    """``value`` without every key whose name speaks of a secret, at any depth."""
    if isinstance(value, Mapping):
        return {
            name: without_secrets(part)
            for name, part in value.items()
            if not _SECRET.search(str(name))
        }
    if isinstance(value, list | tuple):
        return [without_secrets(part) for part in value]
    return _IN_URL.sub("", value) if isinstance(value, str) else value
