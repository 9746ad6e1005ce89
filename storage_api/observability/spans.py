"""How spans leave a process: in batches, from a thread of its own, with what may leave."""

import atexit
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status

_QUEUE = 2048
_EXPORT_SECONDS = 5.0
#: What a process that ends waits for its last spans.
_LEAVE_SECONDS = 2.0
_KEPT = frozenset(
    {
        *("http.method", "http.request.method", "http.route", "http.scheme", "url.scheme"),
        *("http.status_code", "http.response.status_code", "http.flavor", "error.type"),
        *("network.protocol.version", "request_id"),
    }
)
#: Of calls to vendors, which come with addresses that we configured, and without a query.
_KEPT_OF_CALLS = _KEPT | {"http.url", "url.full", "server.address", "server.port", "net.peer.name"}
_UNMATCHED = "unmatched"
_KEPT_OF_EVENTS = frozenset({"exception.type"})


class PerProcess(SpanProcessor):
    """Each process has its own queue and thread, made with its first span: forks keep neither."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._batches: BatchSpanProcessor | None = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Only what has ended is of interest."""

    def on_end(self, span: ReadableSpan) -> None:
        self._here().on_end(span)

    def shutdown(self) -> None:
        if self._batches is not None and self._pid == os.getpid():
            self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._here().force_flush(timeout_millis)

    def _here(self) -> BatchSpanProcessor:
        batches = self._batches
        if batches is not None and self._pid == os.getpid():
            return batches
        with self._lock:
            if self._batches is None or self._pid != os.getpid():
                exporter = _Scrubbed(OTLPSpanExporter(timeout=_EXPORT_SECONDS))
                self._batches = BatchSpanProcessor(exporter, max_queue_size=_QUEUE)
                self._pid = os.getpid()
                atexit.register(self._leave)
            return self._batches

    def _leave(self) -> None:
        """Send what is left, for a moment: a collector that is away keeps nobody from ending."""
        last = threading.Thread(target=self.shutdown, daemon=True)
        last.start()
        last.join(_LEAVE_SECONDS)


class _Scrubbed(SpanExporter):
    """Hands on only what is known to hold no secret."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _scrubbed(span: ReadableSpan) -> ReadableSpan:
    told = span.attributes or {}
    is_call = span.kind is SpanKind.CLIENT
    return ReadableSpan(
        # Without a route, it would be the path that was asked for, which may be anything.
        name=span.name if is_call or "http.route" in told else _UNMATCHED,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_only(told, _KEPT_OF_CALLS if is_call else _KEPT),
        events=[
            Event(event.name, _only(event.attributes or {}, _KEPT_OF_EVENTS), event.timestamp)
            for event in span.events
        ],
        links=span.links,
        kind=span.kind,
        # Its words are an exception's.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _only(attributes: Mapping[str, Any], kept: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name in kept}
