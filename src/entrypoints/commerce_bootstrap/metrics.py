"""What the shop counts beside its requests. Gauges are queries, so that they answer when no worker lives."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from commerce_core.checkout.service.operate import Operations
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.messaging import Outbox

_LAG_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 30.0)
_MOST: Final = 1_000


def search_lag(registry: CollectorRegistry) -> Callable[[timedelta], None]:
    """A histogram of the time from the commit of a change to its being found, and what notes it there."""
    lag = Histogram(
        "commerce_search_lag_seconds", "From the commit of a change to its being found.", registry=registry, buckets=_LAG_BUCKETS
    )
    return lambda took: lag.observe(max(0.0, took.total_seconds()))


class ShopCollector(Collector):
    """Sagas by state, those that a person must look at, and messages that wait or were parked."""

    def __init__(self, operations: Operations, outbox: Outbox, clock: Clock) -> None:
        self._operations = operations
        self._outbox = outbox
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        sagas = GaugeMetricFamily("commerce_sagas", "Unfinished orders by the state of their saga.", labels=["state"])
        for state, count in self._operations.counts().items():
            sagas.add_metric([state], count)
        yield sagas
        yield GaugeMetricFamily("commerce_sagas_alarmed", "Orders that a person must look at.", value=len(self._operations.alarmed(_MOST)))
        waiting, since = self._outbox.backlog()
        age = (self._clock.now() - since).total_seconds() if since else 0.0
        yield GaugeMetricFamily("commerce_outbox_messages", "Messages that wait to be published.", value=waiting)
        yield GaugeMetricFamily("commerce_outbox_oldest_seconds", "Age of the oldest of them.", value=max(0.0, age))
        yield GaugeMetricFamily("commerce_dead_letters", "Messages that nobody could take.", value=len(self._outbox.dead_letters(_MOST)))
