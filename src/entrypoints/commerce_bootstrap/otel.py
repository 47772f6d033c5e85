"""Traces to a collector, by OpenTelemetry. Imported only where they are wanted; everything else is
set by its own OTEL_ variables.
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Tracer as Collector

from commerce_bootstrap.tracing import NOTHING, About, trace_id
from commerce_core.kernel.redaction import redacted

#: Seconds that a collector may take with a batch; what it does not take is dropped, and nobody
#: waits for it.
_EXPORT_SECONDS: Final = 3.0
_SERVICE: Final = "commerce"


class OtelSpan:
    """A span under way."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def trace(self) -> str:
        """The span as a ``traceparent``."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(
        self, *, name: str | None = None, failure: str | None = None, about: About = NOTHING
    ) -> None:
        """It is over."""
        if name is not None:
            self._span.update_name(name)
        self._span.set_attributes(about)
        if failure is not None:
            self._span.set_status(Status(StatusCode.ERROR, redacted(failure)))
        self._span.end()


class OtelTracer:
    """Collects spans and hands them to *exporter* on a thread of its own.

    Args:
        exporter: takes batches of spans.
        instance: the name of this process.
        closing: ends it, with what is collected handed over.
    """

    def __init__(
        self, exporter: SpanExporter, instance: str, closing: ExitStack[bool | None]
    ) -> None:
        known = {
            "service.name": os.environ.get("OTEL_SERVICE_NAME") or _SERVICE,
            "service.instance.id": instance,
        }
        provider = TracerProvider(resource=Resource.create(known), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        closing.callback(provider.shutdown)
        self._collector: Collector = provider.get_tracer("commerce")

    def begin(
        self,
        name: str,
        kind: str,
        parent: str | None = None,
        *,
        about: About = NOTHING,
        links: Sequence[str | None] = (),
    ) -> OtelSpan:
        """A span in the trace of *parent*."""
        context = _context(parent)
        within = set_span_in_context(NonRecordingSpan(context), Context()) if context else Context()
        linked = [Link(found) for link in links if (found := _context(link))]
        return OtelSpan(
            self._collector.start_span(name, within, SpanKind[kind.upper()], about, linked)
        )


def open_tracer(url: str, instance: str, closing: ExitStack[bool | None]) -> OtelTracer:
    """What sends spans to the collector at *url* by OTLP over HTTP."""
    base, mark, options = url.partition("?")
    return OtelTracer(
        OTLPSpanExporter(
            endpoint=f"{base.rstrip('/')}/v1/traces{mark}{options}", timeout=_EXPORT_SECONDS
        ),
        instance,
        closing,
    )


def _context(trace: str | None) -> SpanContext | None:
    if trace is None or trace_id(trace) is None:
        return None
    _, trace_number, span_number, flags = trace.split("-")
    return SpanContext(
        int(trace_number, 16),
        int(span_number, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16)),
    )
