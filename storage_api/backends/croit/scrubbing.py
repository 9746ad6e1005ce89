"""Keeps the secrets that croit wants in a URL out of every log of this process.

croit takes a new key's secret in the query string. urllib3 writes whole URLs: each
request at DEBUG, and at WARNING one whose answer has malformed headers.
"""

import logging
import re
from typing import Any

_SECRET = re.compile(r"(?i)(secret_?key=)[^&\s\"'\\)]*")
_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class _Scrubber(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _scrubbed(record.msg)
        if isinstance(record.args, dict):
            record.args = {name: _scrubbed(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_scrubbed(value) for value in record.args)
        return True


def _scrubbed(value: Any) -> Any:
    """Numbers stay numbers, for the sake of ``%d``; anything else is read as a text."""
    if value is None or isinstance(value, int | float):
        return value
    return _SECRET.sub(r"\1***", str(value))


def scrub_urls() -> None:
    """Take effect for the whole process; a repeat changes nothing."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(present, _Scrubber) for present in logger.filters):
            logger.addFilter(_Scrubber())
