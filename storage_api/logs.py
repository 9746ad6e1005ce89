"""Structured logs: one JSON object a line, on standard output."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor

#: Keys that must never reach a log, whoever logs them.
_FORBIDDEN = frozenset(
    {"authorization", "cookie", "password", "secret", "secret_key", "secret-key", "token"}
)


def configure_logs(level: int, *more: Processor) -> None:
    """Send everything, our events and the libraries' records alike, through one format.

    ``more`` see each event before its exception becomes text, and may add to it.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *more,
        structlog.processors.format_exc_info,
        _redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,  # first: what nobody will see costs nothing
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Named, because Flask would set it to DEBUG in debug mode.
    logging.getLogger("storage_api").setLevel(level)
    # Audit records are owed whatever else is worth a line.
    logging.getLogger("audit").setLevel(logging.INFO)
    # At DEBUG these print whole requests, signatures and keys included.
    for library in ("boto3", "botocore", "urllib3", "s3transfer", "requests", "authlib"):
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    # One line of ours says more than the development server's.
    logging.getLogger("werkzeug").setLevel(max(level, logging.WARNING))


def _redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    for key in event:
        if key.lower() in _FORBIDDEN:
            event[key] = "***"
    return event
