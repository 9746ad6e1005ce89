"""Errors that nobody expected go to Sentry: what happened where, and nothing of what was said.

An event is built from a list of what may leave, not cleaned of what may not: kinds of
exceptions, places in the code, and our own ids. No header, cookie, query, body, variable or
log line is gathered in the first place.
"""

import re
import sys
from typing import TYPE_CHECKING, Any

from structlog.typing import EventDict, Processor

from storage_api import __version__
from storage_api.domain.errors import StorageError
from storage_api.domain.secrets import Secret
from storage_api.environment import SettingsError
from storage_api.observability.extras import needed_for

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

#: Of what is bound to a log line.
_TAGS = ("event", "request_id", "backend", "job", "kind", "trace_id")
#: An event of a library is a sentence, which may quote anything.
_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}")
_KEPT = (
    *("event_id", "timestamp", "level", "platform", "exception", "tags", "release"),
    *("environment", "server_name", "sdk", "message", "fingerprint"),
)
_KEPT_OF_FRAMES = (
    *("filename", "abs_path", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),
)
_LEVELS = frozenset({"error", "critical"})
_CALLERS_FAULT = range(400, 500)


def report_errors(dsn: Secret, environment: str | None) -> Processor:
    """A step of logging that reports every error which comes with its stack.

    Raises:
        SettingsError: the package is missing, or the DSN is none.
    """
    with needed_for("SENTRY_DSN", "sentry"):
        import sentry_sdk  # noqa: PLC0415  # an extra
        from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415
    try:
        sentry_sdk.init(
            dsn=dsn.reveal(),
            environment=environment,
            release=f"storage-api@{__version__}",
            before_send=_only_what_may_leave,
            default_integrations=False,
            auto_enabling_integrations=False,
            # What is still to be sent when a process ends gets two seconds.
            integrations=[AtexitIntegration(callback=lambda _pending, _timeout: None)],
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            propagate_traces=False,
            shutdown_timeout=2,
        )
    except BadDsn:
        raise SettingsError(["SENTRY_DSN is no DSN"]) from None
    return _report


def _report(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Of a line of the log, its exception and our own ids."""
    error = _exception_of(event)
    if error is None or event.get("level") not in _LEVELS or _is_callers_fault(error):
        return event
    import sentry_sdk  # noqa: PLC0415  # an extra

    with sentry_sdk.new_scope() as scope:
        for tag in _TAGS:
            if isinstance(value := event.get(tag), str) and _WORD.fullmatch(value):
                scope.set_tag(tag, value)
        scope.capture_exception(error)
    return event


def _exception_of(event: EventDict) -> BaseException | None:
    given = event.get("exc_info")
    if isinstance(given, tuple):
        given = given[1]
    elif given and not isinstance(given, BaseException):
        given = sys.exc_info()[1]
    return given or None


def _is_callers_fault(error: BaseException) -> bool:
    return isinstance(error, StorageError) and error.status in _CALLERS_FAULT


def _only_what_may_leave(event: "Event", hint: "Hint") -> "Event":
    ours = _texts_of_ours(hint.get("exc_info"))
    kept: Any = {key: value for key, value in event.items() if key in _KEPT}
    for entry in kept.get("exception", {}).get("values", ()):
        # Texts of other libraries may quote what a vendor or a caller sent.
        if entry.get("value") not in ours:
            entry["value"] = "The log has the words, under this request id."
        entry.pop("mechanism", None)
        frames = entry.get("stacktrace", {}).get("frames", [])
        entry["stacktrace"] = {
            "frames": [
                {key: value for key, value in frame.items() if key in _KEPT_OF_FRAMES}
                for frame in frames
            ]
        }
    found: Event = kept
    return found


def _texts_of_ours(raised: Any) -> set[str]:
    """Our own errors hold neither secrets nor vendors' payloads."""
    texts = set()
    error = raised[1] if raised else None
    while error is not None:
        if isinstance(error, StorageError):
            texts.add(str(error))
        error = error.__cause__ or error.__context__
    return texts
