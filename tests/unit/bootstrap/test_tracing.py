"""What is named in the log, and what is told to whoever collects traces."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan

from commerce_bootstrap.tracing import (
    UNTRACED,
    FollowedConsumer,
    TracedBroker,
    add_names,
    naming,
    trace_id,
    traced_groups,
    traceparent_of,
)
from commerce_core.kernel.errors import Rejected, Unavailable
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Message
from commerce_testkit.contracts.broker import RecordingConsumer
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.clock import SettableClock

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Spans:
    """What a tracer of the library collects, in the order of its beginning."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer = provider.get_tracer("test")

    @property
    def ended(self) -> list[ReadableSpan]:
        return sorted(self._kept.get_finished_spans(), key=lambda span: span.start_time or 0)

    @property
    def failures(self) -> list[str | None]:
        return [span.status.description for span in self.ended]


def parent_of(span: ReadableSpan) -> str | None:
    """The trace that it goes on, as a ``traceparent``."""
    return None if span.parent is None else traceparent_of(NonRecordingSpan(span.parent))


def message(number: int, trace: str | None = TRACE) -> Message:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    payload = {"number": number, "order_id": f"order-{number}"}
    return Message(
        id=MessageId(f"m{number}"),
        name="item-changed",
        partition_key="k",
        occurred_at=at,
        payload=payload,
        trace=trace,
    )


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        TRACE[:-1],
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        TRACE.replace("00-", "ff-", 1),
        TRACE.upper(),
    ],
)
def test_only_a_traceparent_names_a_trace(text: str | None) -> None:
    assert trace_id(text) is None
    assert trace_id(TRACE) == TRACE[3:35]


def test_lines_within_a_block_name_the_order_and_its_trace() -> None:
    with naming("order-1", TRACE):
        assert add_names(None, "", {"event": "x"}) == {
            "event": "x",
            "order_id": "order-1",
            "trace_id": TRACE[3:35],
        }
        assert add_names(None, "", {"order_id": "own"})["order_id"] == "own"
    assert add_names(None, "", {"event": "x"}) == {"event": "x"}


def test_publishing_is_a_span_in_the_trace_and_what_follows_goes_on_from_there() -> None:
    spans, taken = Spans(), list[Message]()

    class Keeping(MemoryBroker):
        def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
            taken.extend(messages)
            return [messages[0].id]

    broker = TracedBroker(Keeping([], lambda _: None, SettableClock()), spans.tracer)
    assert broker.publish([message(1), message(2), message(3, None)]) == ["m1"]
    assert spans.failures == [None, "it was not surely taken"]
    assert [parent_of(span) for span in spans.ended] == [TRACE, TRACE]
    of_spans = [traceparent_of(NonRecordingSpan(s.get_span_context())) for s in spans.ended]
    assert [m.trace for m in taken] == [*of_spans, None]
    assert {trace_id(m.trace) for m in taken} == {trace_id(TRACE), None}


@pytest.mark.parametrize(
    "failure", [Rejected("never"), Unavailable("not now"), ValueError("a defect")]
)
def test_who_fails_on_one_message_names_it_and_ends_its_span(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(RecordingConsumer):
        def handle(self, messages: Sequence[Message]) -> None:
            raise failure

    spans, named = Spans(), list[dict[str, Any]]()
    logging.getLogger("commerce.traces").addFilter(
        keep := lambda _: bool(named.append(add_names(None, "", {})) or True)
    )
    try:
        with pytest.raises(type(failure)):
            FollowedConsumer(Failing("indexer"), spans.tracer).handle([message(1)])
        with pytest.raises(type(failure)):
            FollowedConsumer(Failing("indexer"), UNTRACED).handle([message(1), message(2)])
    finally:
        logging.getLogger("commerce.traces").removeFilter(keep)
    assert spans.failures == [f"{type(failure).__name__}: {failure}"]
    expected = (
        []
        if isinstance(failure, Unavailable)
        else [{"order_id": "order-1", "trace_id": TRACE[3:35]}]
    )
    assert named == expected
    assert ["m1" in record.getMessage() for record in caplog.records] == [True] * len(expected)


def test_a_group_is_linked_to_its_requests_and_costs_nothing_where_nobody_collects() -> None:
    class One:
        trace = TRACE

    spans = Spans()
    group: Any = [One(), One()]
    place = traced_groups(lambda given: list(range(len(given))), spans.tracer)
    assert (list(place(group)), list(place(group[:1]))) == ([0, 1], [0])
    assert [(parent_of(span), len(span.links)) for span in spans.ended] == [(None, 2), (TRACE, 1)]
    linked = {link.context.trace_id for span in spans.ended for link in span.links}
    assert linked == {int(TRACE[3:35], 16)}

    def plain(given: Any) -> Any:
        return given

    assert traced_groups(plain, UNTRACED) is plain


def test_the_path_of_traces_stands_before_the_options_of_the_collector_s_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    otel = pytest.importorskip("commerce_bootstrap.otel")
    calls: list[str] = []

    class Stopped(Exception):
        pass

    def exporter(endpoint: str, **_: Any) -> None:
        calls.append(endpoint)
        raise Stopped

    monkeypatch.setattr(otel, "OTLPSpanExporter", exporter)
    for url in (
        "http://collector:4318",
        "http://collector:4318/",
        "http://collector:4318/in/?team=x",
    ):
        with pytest.raises(Stopped):
            otel.open_tracer(url, "me", ExitStack())
    base = "http://collector:4318"
    assert calls == [f"{base}/v1/traces", f"{base}/v1/traces", f"{base}/in/v1/traces?team=x"]
