"""Following one order from the request that placed it through every process: in the log always, in
traces where they are collected.

The core carries an opaque text with the order and its messages; here it is made and read, as a W3C
``traceparent``.
"""

import logging
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Final, TypeAlias, TypeVar

import attrs
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from commerce_core.checkout import LookedUp, StepUnknown
from commerce_core.checkout.service.run import StepCall
from commerce_core.kernel.batching import Calls, FanOut, GroupFunction
from commerce_core.kernel.deployment import answer_at_once
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Broker, Consumer, Message, Queue
from commerce_core.kernel.redaction import message_of, redacted
from commerce_core.payment import PaymentUnknown
from commerce_core.shipping import ShippingUnknown

T = TypeVar("T")
R = TypeVar("R")

#: Collects nothing, at no cost.
UNTRACED: Final[Tracer] = NoOpTracer()
#: Attributes of a span, by name.
About: TypeAlias = Mapping[str, str | int]
NOTHING: Final[About] = {}

_LOG: Final = logging.getLogger("commerce.traces")
_HEADER: Final = "traceparent"
_W3C: Final = TraceContextTextMapPropagator()
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_named: ContextVar[tuple[str | None, str | None]] = ContextVar("named", default=(None, None))


def collects(tracer: Tracer) -> bool:
    """Whether *tracer* records spans."""
    return not isinstance(tracer, NoOpTracer)


def begin(
    tracer: Tracer,
    name: str,
    kind: SpanKind,
    parent: str | None = None,
    *,
    about: About = NOTHING,
    links: Sequence[str | None] = (),
) -> Span:
    """A span in the trace of *parent*, a ``traceparent``; ``None`` begins a trace."""
    if not collects(tracer):
        return INVALID_SPAN
    linked = [Link(found) for link in links if (found := _span_context(link)).is_valid]
    return tracer.start_span(name, _context(parent), kind, about, linked)


def end(span: Span, failure: str | None = None) -> None:
    """*span* is over. To be called once."""
    if failure is not None:
        span.set_status(Status(StatusCode.ERROR, redacted(failure)))
    span.end()


def traceparent_of(span: Span) -> str | None:
    """*span* as a ``traceparent``, for what follows from it; ``None``: it is not collected."""
    headers: dict[str, str] = {}
    _W3C.inject(headers, set_span_in_context(span, Context()))
    return headers.get(_HEADER)


def _context(trace: str | None) -> Context:
    return _W3C.extract({_HEADER: trace}, Context()) if trace and trace_id(trace) else Context()


def _span_context(trace: str | None) -> SpanContext:
    return get_current_span(_context(trace)).get_span_context()


def trace_id(trace: str | None) -> str | None:
    """The id of the trace that a ``traceparent`` names; ``None``: it is none."""
    found = _TRACEPARENT.fullmatch(trace) if trace else None
    return found[1] if found else None


@contextmanager
def naming(order_id: str | None, trace: str | None) -> Generator[None]:
    """Have every line of the log within the block name the order and its trace."""
    token = _named.set((order_id, trace))
    try:
        yield
    finally:
        _named.reset(token)


def add_names(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Adds the ids of the current trace to log lines; for structlog."""
    order_id, trace = _named.get()
    for name, value in (("order_id", order_id), ("trace_id", trace_id(trace))):
        if value:
            event.setdefault(name, value)
    return event


def traced_groups(function: GroupFunction[T, R], tracer: Tracer) -> GroupFunction[T, R]:
    """*function*, with a span for each group that is linked to the requests in it; that of a single
    one is in its trace.
    """
    if not collects(tracer):
        return function

    def place(group: Sequence[T]) -> Sequence[R | Exception]:
        traces: list[str | None] = [getattr(one, "trace", None) for one in group]
        span = begin(
            tracer,
            "place orders",
            SpanKind.INTERNAL,
            traces[0] if len(group) == 1 else None,
            about={"commerce.group": len(group)},
            links=traces,
        )
        answers = function(group)
        refused = sum(isinstance(answer, Exception) for answer in answers)
        span.set_attribute("commerce.refused", refused)
        end(span)
        return answers

    return place


class FollowedCalls(FanOut):
    """Names each outside call of a saga in the log, tells there what is not known of it, makes it a
    span in its order's trace, and has it *noted* with its answer and the seconds that it took.
    """

    def __init__(
        self, inner: FanOut, tracer: Tracer, note: Callable[[str, object, float], None]
    ) -> None:
        self._inner = inner
        self._tracer = tracer
        self._note = note

    @property
    def width(self) -> int:
        return self._inner.width

    def open(self, perform: Callable[[T], R]) -> Calls[T, R]:
        return self._inner.open(lambda task: self._call(perform, task))

    def _call(self, perform: Callable[[T], R], task: T) -> R:
        if not isinstance(task, StepCall):
            return perform(task)
        saga, verb = task.claimed.saga, task.command.verb
        about: About = {
            "commerce.order_id": saga.key.order_id,
            "commerce.claims": task.claimed.claims,
        }
        span = begin(self._tracer, f"saga {verb}", SpanKind.CLIENT, saga.trace, about=about)
        failure: str | None = None
        answer: object = None
        began = perf_counter()
        with naming(saga.key.order_id, saga.trace):
            try:
                answer = outcome = perform(task)
                failure = _not_known(outcome)
            except Exception as error:
                answer, failure = error, message_of(error)
                raise
            finally:
                self._note(verb, answer, perf_counter() - began)
                if failure is not None:
                    _LOG.warning("what became of %s is not known: %s", verb, failure)
                end(span, failure)
        return outcome


class FollowedConsumer(Consumer):
    """Names the message that *inner* fails on alone in the log, and makes taking each a span in the
    trace that it came of.
    """

    def __init__(self, inner: Consumer, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer
        self._does = f"consume {inner.name}"

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def follows(self) -> Sequence[str]:
        return self._inner.follows

    def handle(self, messages: Sequence[Message]) -> None:
        spans = (
            [
                begin(self._tracer, self._does, SpanKind.CONSUMER, m.trace, about=_about(m))
                for m in messages
                if m.trace
            ]
            if collects(self._tracer)
            else ()
        )
        failure: str | None = None
        try:
            self._inner.handle(messages)
        except Exception as error:
            failure = message_of(error)
            if len(messages) == 1 and not isinstance(error, Unavailable):
                with naming(messages[0].payload.get("order_id"), messages[0].trace):
                    _LOG.warning(
                        "%s fails on %s %s: %s",
                        self.name,
                        messages[0].name,
                        messages[0].id,
                        failure,
                    )
            raise
        finally:
            for span in spans:
                end(span, failure)


class TracedBroker(Broker):
    """Makes publishing each message a span in the trace of its cause; its consumer's span follows
    from there.
    """

    def __init__(self, inner: Broker, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer
        self.answers_at_once: Final = answer_at_once(inner)

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        spans = {
            m.id: begin(
                self._tracer, f"publish {m.name}", SpanKind.PRODUCER, m.trace, about=_about(m)
            )
            for m in messages
            if m.trace
        }
        accepted: Sequence[MessageId] = ()
        try:
            accepted = self._inner.publish(
                [
                    attrs.evolve(m, trace=traceparent_of(spans[m.id])) if m.id in spans else m
                    for m in messages
                ]
            )
        finally:
            surely = set(accepted)
            for message_id, span in spans.items():
                end(span, None if message_id in surely else "it was not surely taken")
        return accepted

    def queues(self) -> Mapping[str, Queue]:
        return self._inner.queues()

    def collect(self, limit: int) -> int:
        return self._inner.collect(limit)

    def waiting(self) -> Mapping[str, int]:
        return self._inner.waiting()

    def ping(self) -> None:
        self._inner.ping()


def traced_broker(broker: Broker, tracer: Tracer) -> Broker:
    """*broker* as a relay sees it."""
    return TracedBroker(broker, tracer) if collects(tracer) else broker


def _about(message: Message) -> About:
    return {"messaging.message.id": message.id, "commerce.partition_key": message.partition_key}


def _not_known(outcome: object) -> str | None:
    """Why it is not known whether a call was carried out; ``None``: it is known."""
    if isinstance(outcome, LookedUp):
        return _not_known(outcome.outcome)
    unknown = (PaymentUnknown, ShippingUnknown, StepUnknown)
    return outcome.reason if isinstance(outcome, unknown) else None
