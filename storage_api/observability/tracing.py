"""Traces: one span for each request, by its route, and one for each call to a vendor.

What leaves is built from a list of attributes; URLs go without their query. Each process
sends its own spans, in a thread of its own, so a collector that is down or slow costs requests
nothing: what does not fit into the queue is dropped.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from flask import Flask
from structlog.typing import EventDict

from storage_api import __version__
from storage_api.observability.extras import needed_for

if TYPE_CHECKING:
    from opentelemetry.trace import Span

#: Health probes and scrapes would drown what people do.
_NOT_TRACED = "health/live,health/ready,metrics"

_lock = threading.Lock()
_tracing: Any = None


def trace_requests(app: Flask) -> None:
    """Trace ``app``, and what this process asks of vendors.

    Where spans go is for OpenTelemetry's own variables to say. To be called before anything
    else sees requests.

    Raises:
        SettingsError: the packages are missing.
    """
    with needed_for("OTEL_EXPORTER_OTLP_ENDPOINT", "otel"):
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
    provider = _provider()
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]
        app, tracer_provider=provider, excluded_urls=_NOT_TRACED, response_hook=_tell_request
    )


def tell_trace(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A step of logging: adds the trace that the line belongs to."""
    from opentelemetry.trace import format_trace_id, get_current_span  # noqa: PLC0415  # an extra

    context = get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format_trace_id(context.trace_id)
    return event


def _provider() -> Any:
    """The one of this process and its forks; calls to vendors are traced from then on."""
    global _tracing  # noqa: PLW0603  # urllib3 is instrumented once in a process, too
    with needed_for("OTEL_EXPORTER_OTLP_ENDPOINT", "otel"):
        from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor  # noqa: PLC0415
        from opentelemetry.propagate import set_global_textmap  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        from storage_api.observability.spans import PerProcess  # noqa: PLC0415
    with _lock:
        if _tracing is None:
            # Not "baggage": what a caller puts there would go on to the vendors.
            set_global_textmap(TraceContextTextMapPropagator())
            own = {"service.name": "storage-api", "service.version": __version__}
            named = Resource.create().attributes
            if str(named.get("service.name", "")).startswith("unknown_service"):
                resource = Resource.create(own)
            else:
                resource = Resource.create({"service.version": __version__})
            _tracing = TracerProvider(resource=resource, shutdown_on_exit=False)
            _tracing.add_span_processor(PerProcess())
            URLLib3Instrumentor().instrument(tracer_provider=_tracing, url_filter=_without_query)
        return _tracing


def _tell_request(span: "Span", _status: str, headers: Sequence[tuple[str, str]]) -> None:
    for name, value in headers:
        if name == "X-Request-Id" and span.is_recording():
            span.set_attribute("request_id", value)


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
