"""What is noted of every request: an id, a count, a duration; and a line in the log when it changed
something or failed.

One plain ASGI layer around everything: it costs microseconds, and sees what routing refused as
well.
"""

import logging
import os
import re
import time
from typing import Any, Final
from urllib.parse import quote

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Tracer
from prometheus_client import CollectorRegistry, Counter, Histogram
from structlog.contextvars import bind_contextvars

from commerce_bootstrap.health import LIVE, METRICS, READY
from commerce_bootstrap.tracing import About, begin, collects, end, traceparent_of
from commerce_bootstrap.tracing import trace_id as known_trace
from commerce_core.kernel.address import looks_like_card
from commerce_core.kernel.ids import is_id
from commerce_http.web.answers import RequestInfo, set_request
from commerce_http.web.frame import headers_of, local_path
from commerce_http.web.log import log

_ACCEPTABLE: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TRACE_ID: Final = slice(3, 35)
#: Asked for every few seconds, and of no interest in a trace.
_PROBED: Final = frozenset({LIVE, READY, METRICS})
_QUIET: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestMetrics:
    """Counters and latencies by method, route template and status, in a registry of the shop's
    own.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self._count = Counter("http_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to the last byte.",
            ("method", "route"),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        key = (method, route, status)
        pair = self._children.get(key)
        if pair is None:
            pair = self._children[key] = (
                self._count.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
        pair[0].inc()
        pair[1].observe(seconds)


class Observed:
    """Wraps *app*."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, tracer: Tracer) -> None:
        self._app = app
        self._metrics = metrics
        self._tracer = tracer
        self._collects = collects(tracer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        incoming = _incoming_trace(scope)
        span = (
            begin(self._tracer, "request", SpanKind.SERVER, incoming)
            if self._collects and local_path(scope) not in _PROBED
            else INVALID_SPAN
        )
        collected = None if span is INVALID_SPAN else traceparent_of(span)
        trace = collected or incoming or _new_trace()
        trace_id = trace[_TRACE_ID]
        name = _given_id(scope) or trace_id
        raw_name = name.encode()
        root = quote(scope["root_path"]) if scope["root_path"] else ""
        set_request(RequestInfo(name, trace, root, scope["scheme"] == "https"))
        bind_contextvars(request_id=name, trace_id=trace_id)
        status = 0

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", raw_name)]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            self._note(scope, status, time.perf_counter() - started, span)

    def _note(self, scope: Any, status: int, seconds: float, span: Span) -> None:
        method: str = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route: str = scope.get("path_template") or "(none)"
        self._metrics.note(method, route, status, seconds)
        if span is not INVALID_SPAN:
            about: About = {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
            span.update_name(f"{method} {route}")
            span.set_attributes(about)
            end(span, None if 0 < status < 500 else "failed")
        if status >= 500 or (method not in _QUIET and status < 400):
            named = {
                name: value for name, value in scope.get("path_params", {}).items() if is_id(value)
            }
            log(
                logging.INFO,
                "request",
                method=method,
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
                **named,
            )


_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def _new_trace() -> str:
    made = os.urandom(24).hex()  # to search logs by, no secret
    return f"00-{made[:32]}-{made[32:]}-00"  # nobody collects it


def _incoming_trace(scope: Any) -> str | None:
    text = headers_of(scope).get("traceparent")
    if text is None or not known_trace(text) or looks_like_card(text):
        return None
    # Chance makes no id of digits alone; a client that hides a card among them does.
    return None if text[_TRACE_ID].isdecimal() else text


def _given_id(scope: Any) -> str | None:
    text = headers_of(scope).get("x-request-id")
    return (
        text
        if text is not None and _ACCEPTABLE.fullmatch(text) and not looks_like_card(text)
        else None
    )
