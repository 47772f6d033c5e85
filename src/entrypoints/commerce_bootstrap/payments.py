"""What the shop counts of payments: what gateways say by themselves, their books, and refunds."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from commerce_bootstrap.metrics import result_of
from commerce_bootstrap.probing import Probe
from commerce_core.checkout.service.notices import PaymentNotices
from commerce_core.kernel.clock import Clock
from commerce_core.ledger import Sweep
from commerce_core.ledger.service import Strangers
from commerce_core.refunds.service import RefundDesk

#: Nothing is counted beyond this: more is as alarming.
_MOST: Final = 1_000


def counted_notices(registry: CollectorRegistry) -> Callable[[str, str, int], None]:
    """A counter of what payment gateways have sent by themselves, by what became of it, and what
    counts it there.
    """
    notices = Counter(
        "commerce_payment_notices",
        "Notices of payment gateways: kept, known, strange, foreign or refused.",
        ["gateway", "outcome"],
        registry=registry,
    )
    return lambda gateway, outcome, number: notices.labels(gateway, outcome).inc(number)


class NoticeCollector(Collector):
    """What payment gateways have said that waits for its order, or for a person."""

    def __init__(self, notices: PaymentNotices, clock: Clock) -> None:
        self._stats = Probe(lambda: notices.stats(_MOST))
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        if (stats := result_of(self._stats)) is None:
            return
        since = stats.oldest
        age = max(0.0, (self._clock.now() - since).total_seconds()) if since else 0.0
        listed = GaugeMetricFamily(
            "commerce_payment_notices_listed",
            "Notices of payment gateways that a person has to look at, 1,000 at most.",
            labels=["state"],
        )
        listed.add_metric(["strange"], stats.strange)
        listed.add_metric(["unknown"], stats.unknown)
        yield listed
        for name, meaning, value in (
            ("waiting", "Notices whose order is not found yet, 1,000 at most.", stats.waiting),
            ("oldest_seconds", "Age of the oldest of them.", age),
        ):
            yield GaugeMetricFamily(f"commerce_payment_notices_{name}", meaning, value=value)


class LedgerCollector(Collector):
    """Until where gateways' books are reconciled, and what in them belongs to no order."""

    def __init__(self, strangers: Strangers, clock: Clock) -> None:
        self._stats = Probe(lambda: strangers.stats(_MOST))
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        if (stats := result_of(self._stats)) is None:
            return
        behind = GaugeMetricFamily(
            "commerce_ledger_behind_seconds",
            "How long ago what was reconciled last of a gateway's books happened.",
            labels=["gateway", "account"],
        )
        for mark in stats.marks:
            if mark.sweep is Sweep.RECENT:
                age = max(0.0, (self._clock.now() - mark.through).total_seconds())
                behind.add_metric([mark.gateway, mark.account], age)
        yield behind
        yield GaugeMetricFamily(
            "commerce_payment_strangers",
            "Lines of gateways' books that belong to no order, 1,000 at most.",
            value=stats.strangers,
        )


class RefundCollector(Collector):
    """Refunds that wait, and those that a person has to look at."""

    def __init__(self, refunds: RefundDesk, clock: Clock) -> None:
        self._stats = Probe(lambda: refunds.stats(_MOST))
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        if (stats := result_of(self._stats)) is None:
            return
        since = stats.due_since
        age = max(0.0, (self._clock.now() - since).total_seconds()) if since else 0.0
        for name, meaning, value in (
            ("overdue_seconds", "For how long the refund is due that waits the longest.", age),
            ("listed", "Refunds that a person has to look at, 1,000 at most.", stats.listed),
        ):
            yield GaugeMetricFamily(f"commerce_refunds_{name}", meaning, value=value)
