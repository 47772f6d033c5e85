"""What the shop counts beside its requests; docs/operations.md has the table.

Figures of the database are read at each scrape, so that they are there when no worker runs as
well: within bounds, however much there is, and with a time-out. ``commerce_part_up`` shows a part
that does not answer, and its figures are left out.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from commerce_bootstrap.probing import Probe
from commerce_core.accounts.service import OwnData
from commerce_core.checkout import BacklogStats, LookedUp, StepUnknown
from commerce_core.checkout.service.operate import Operations
from commerce_core.kernel.batching import GroupFunction
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.messaging import Broker, Outbox
from commerce_core.notifications import NotificationRepository, PendingStats
from commerce_core.payment import PaymentUnknown
from commerce_core.recommendations.service import ModelBuilder
from commerce_core.shipping import ShippingUnknown
from commerce_core.webhooks.service import WebhookAudit
from commerce_sqlalchemy.transaction import SqlDatabase

T = TypeVar("T")
R = TypeVar("R")

_LOG: Final = logging.getLogger("commerce.metrics")
_LAG_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 30.0)
_CALL_BUCKETS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_GROUP_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
#: Nothing is counted beyond these: more is as alarming.
_MOST_NEW_ORDERS: Final = 10_000
_MOST_SAGAS: Final = 50_000
_MOST_MESSAGES: Final = 50_000
_MOST_LETTERS: Final = 1_000

#: A part and how to find out what is wrong with it: ``None`` when nothing is.
Checks = Mapping[str, Callable[[], str | None]]


def search_lag(registry: CollectorRegistry) -> Callable[[timedelta], None]:
    """A histogram of the time from the commit of a change to its being found, and what notes it
    there.
    """
    lag = Histogram(
        "commerce_search_lag_seconds",
        "From the commit of a change to its being found.",
        registry=registry,
        buckets=_LAG_BUCKETS,
    )
    return lambda took: lag.observe(max(0.0, took.total_seconds()))


def dropped_rows(registry: CollectorRegistry) -> Callable[[str, int], None]:
    """A counter of the rows that retention forgot, by rule, and what notes them there."""
    rows = Counter(
        "commerce_retention_rows", "Rows that were forgotten.", ["rule"], registry=registry
    )
    return lambda rule, count: rows.labels(rule).inc(count)


def disabled_webhooks(registry: CollectorRegistry) -> Callable[[str, str], None]:
    """A counter of the webhook endpoints that were disabled, by reason; the log names each."""
    disabled = Counter(
        "commerce_webhook_endpoints_disabled",
        "Webhook endpoints that were disabled, by reason.",
        ["reason"],
        registry=registry,
    )

    def note(endpoint_id: str, reason: str) -> None:
        disabled.labels(reason).inc()
        _LOG.warning("webhook endpoint %s is disabled: %s", endpoint_id, reason)

    return note


#: Outcomes of one label: whether the call was carried out is not known.
_UNKNOWN: Final = (Exception, PaymentUnknown, ShippingUnknown, StepUnknown)


class GroupMetrics:
    """How large the groups of each batcher are, and what waits for the next."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._items = Histogram(
            "commerce_group_items",
            "Requests that were decided together.",
            ["batcher"],
            registry=registry,
            buckets=_GROUP_BUCKETS,
        )
        self._waiting = Gauge(
            "commerce_group_waiting_items",
            "Requests that wait for their group.",
            ["batcher"],
            registry=registry,
        )

    def measured(self, function: GroupFunction[T, R], batcher: str) -> GroupFunction[T, R]:
        """*function*, with the size of each of its groups noted."""
        items = self._items.labels(batcher)

        def measure(group: Sequence[T]) -> Sequence[R | Exception]:
            items.observe(len(group))
            return function(group)

        return measure

    def watch(self, batcher: str, waiting: Callable[[], int]) -> None:
        """Tell how many are *waiting*."""
        self._waiting.labels(batcher).set_function(waiting)


class CallMetrics:
    """What the steps of sagas call, what came of it, and how long it took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "commerce_saga_call_seconds",
            "Calls of sagas to the outside, by the step's call and what was answered.",
            ["call", "outcome"],
            registry=registry,
            buckets=_CALL_BUCKETS,
        )
        self._known: dict[tuple[str, str], Histogram] = {}

    def note(self, call: str, outcome: object, seconds: float) -> None:
        """Count a *call*; an exception for an *outcome* leaves unknown what became of it."""
        if isinstance(outcome, LookedUp):
            outcome = outcome.outcome
        kind = "Unknown" if isinstance(outcome, _UNKNOWN) else type(outcome).__name__
        known = self._known.get((call, kind))
        if known is None:
            known = self._known[call, kind] = self._seconds.labels(call, kind)
        known.observe(seconds)


class ShopCollector(Collector):
    """Sagas by state with their ages, messages that wait or were parked, and the connections to the
    database.
    """

    def __init__(
        self,
        operations: Operations,
        outbox: Outbox,
        messages: NotificationRepository,
        own_data: OwnData,
        database: SqlDatabase,
        clock: Clock,
    ) -> None:
        self._pending = Probe(lambda: _pending(messages, database))
        self._census = Probe(lambda: operations.census(_MOST_SAGAS))
        self._unknown = Probe(operations.unknown_definitions)
        self._backlog = Probe(lambda: outbox.backlog(_MOST_MESSAGES))
        self._letters = Probe(lambda: outbox.count_dead_letters(_MOST_LETTERS))
        self._overdue = Probe(own_data.overdue)
        self._database = database
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        used, most = self._database.connections_in_use, self._database.connections_at_most
        yield GaugeMetricFamily(
            "commerce_database_connections_in_use",
            "Connections that transactions hold.",
            value=used,
        )
        yield GaugeMetricFamily(
            "commerce_database_connections_most",
            "Connections that this process may have.",
            value=most,
        )
        if (census := result_of(self._census)) is not None:
            yield from self._sagas(census)
        if (unknown := result_of(self._unknown)) is not None:
            yield _left_alone(unknown)
        if (backlog := result_of(self._backlog)) is not None:
            waiting, since = backlog
            age = (self._clock.now() - since).total_seconds() if since else 0.0
            yield GaugeMetricFamily(
                "commerce_outbox_messages",
                "Messages that wait to be published, 50,000 at most.",
                value=waiting,
            )
            yield GaugeMetricFamily(
                "commerce_outbox_oldest_seconds", "Age of the oldest of them.", value=max(0.0, age)
            )
        if (pending := result_of(self._pending)) is not None:
            since = pending.oldest
            yield GaugeMetricFamily(
                "commerce_notifications_put_off",
                "Messages to people that a channel could not take yet, 50,000 at most.",
                value=pending.put_off,
            )
            yield GaugeMetricFamily(
                "commerce_notifications_oldest_seconds",
                "Age of the oldest message to a person that nobody has tried to send.",
                value=max(0.0, (self._clock.now() - since).total_seconds()) if since else 0.0,
            )
        if (letters := result_of(self._letters)) is not None:
            yield GaugeMetricFamily(
                "commerce_dead_letters",
                "Messages that nobody could take, 1,000 at most.",
                value=letters,
            )
        if (overdue := result_of(self._overdue)) is not None:
            yield GaugeMetricFamily(
                "commerce_erasures_overdue_seconds",
                "For how long the erasure of a closed account's data has been due.",
                value=overdue.total_seconds(),
            )

    def _sagas(self, census: Mapping[str, BacklogStats]) -> Iterator[Metric]:
        count = GaugeMetricFamily(
            "commerce_sagas",
            "Unfinished orders by the state of their saga, 50,000 at most.",
            labels=["state"],
        )
        oldest = GaugeMetricFamily(
            "commerce_sagas_oldest_seconds",
            "Age of the oldest order in the state.",
            labels=["state"],
        )
        for state, stats in census.items():
            count.add_metric([state], stats.count)
            oldest.add_metric([state], max(0.0, (self._clock.now() - stats.oldest).total_seconds()))
        yield from (count, oldest)
        alarmed = sum(stats.alarmed for stats in census.values())
        yield GaugeMetricFamily(
            "commerce_sagas_alarmed", "Orders that are flagged for review.", value=alarmed
        )


def _pending(messages: NotificationRepository, database: SqlDatabase) -> PendingStats:
    with database.snapshot() as tx:
        return messages.pending(tx, _MOST_MESSAGES)


def _left_alone(unknown: Mapping[tuple[str, int], int]) -> Metric:
    sagas = GaugeMetricFamily(
        "commerce_sagas_unknown",
        "Unfinished orders of a saga that this process does not know, 10,000 at most.",
        labels=["definition", "version"],
    )
    for (name, version), count in unknown.items():
        sagas.add_metric([name, str(version)], count)
    return sagas


class ModelCollector(Collector):
    """The model that recommendations go by: its age, its orders, and those that it does not
    know.
    """

    def __init__(self, builder: ModelBuilder, clock: Clock) -> None:
        self._freshness = Probe(lambda: builder.freshness(_MOST_NEW_ORDERS))
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        if (found := result_of(self._freshness)) is None:
            return
        model, new = found
        yield GaugeMetricFamily(
            "commerce_recommendation_new_orders",
            "Orders that the model does not know yet, 10,000 at most.",
            value=new,
        )
        if model is not None and model.finished_at is not None:
            age = (self._clock.now() - model.finished_at).total_seconds()
            yield GaugeMetricFamily(
                "commerce_recommendation_model_age_seconds",
                "Age of the model that serves.",
                value=max(0.0, age),
            )


class WebhookCollector(Collector):
    """What waits for webhook endpoints, and how they do."""

    def __init__(self, audit: WebhookAudit, clock: Clock) -> None:
        self._stats = Probe(lambda: audit.stats(_MOST_MESSAGES))
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        if (stats := result_of(self._stats)) is None:
            return
        since = stats.oldest_due
        age = (self._clock.now() - since).total_seconds() if since else 0.0
        for name, meaning, value in (
            ("deliveries", "Deliveries that wait, 50,000 at most.", stats.waiting),
            ("oldest_seconds", "Since when the oldest of them could be sent.", max(0.0, age)),
            ("failing_endpoints", "Endpoints that answered badly last.", stats.failing),
        ):
            yield GaugeMetricFamily(f"commerce_webhook_{name}", meaning, value=value)


class PartsCollector(Collector):
    """Whether each part is up that a process works with."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "commerce_part_up",
            "1: the part can be worked with; 0: readiness names it, the log says why.",
            labels=["part"],
        )
        for part, check in self._checks.items():
            up.add_metric([part], 0 if check() else 1)
        yield up


class QueueCollector(Collector):
    """What waits for each consumer. At a broker: for processes that have a connection to it, the
    workers.
    """

    def __init__(self, broker: Broker) -> None:
        self._waiting = Probe(broker.waiting)

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "commerce_queue_messages",
            "Messages that wait in the queue of a consumer.",
            labels=["consumer"],
        )
        for consumer, count in (result_of(self._waiting) or {}).items():
            waiting.add_metric([consumer], count)
        yield waiting


def result_of(probe: Probe[T]) -> T | None:
    """The answer; ``None``: there is none."""
    try:
        return probe()
    except (CommerceError, SQLAlchemyError) as error:
        _LOG.warning("a figure is missing: %s", error)
        return None
