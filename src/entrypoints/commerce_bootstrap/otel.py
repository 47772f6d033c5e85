"""Traces to a collector, by OpenTelemetry's SDK. Imported only where they are wanted; everything
else is set by its own OTEL_ variables.
"""

import os
from contextlib import ExitStack
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Tracer

#: Seconds that a collector may take with a batch; what it does not take is dropped, and nobody
#: waits for it.
_EXPORT_SECONDS: Final = 3.0
_SERVICE: Final = "commerce"


def tracer_to(exporter: SpanExporter, instance: str, closing: ExitStack[bool | None]) -> Tracer:
    """What collects spans and hands them to *exporter* on a thread of its own.

    Args:
        exporter: takes batches of spans.
        instance: the name of this process.
        closing: ends it, with what is collected handed over.
    """
    known = {
        "service.name": os.environ.get("OTEL_SERVICE_NAME") or _SERVICE,
        "service.instance.id": instance,
    }
    provider = TracerProvider(resource=Resource.create(known), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    closing.callback(provider.shutdown)
    return provider.get_tracer("commerce")


def open_tracer(url: str, instance: str, closing: ExitStack[bool | None]) -> Tracer:
    """What sends spans to the collector at *url* by OTLP over HTTP."""
    base, mark, options = url.partition("?")
    endpoint = f"{base.rstrip('/')}/v1/traces{mark}{options}"
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS)
    return tracer_to(exporter, instance, closing)
